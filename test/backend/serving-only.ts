import { createModels, type Models, type ServedModel } from '../../src/backend/models.js';
import { RefinerError } from '../../src/errors.js';
import type { Inference } from '../../src/onnx/inference.js';

/** A model around an inference that a test has put together. */
export function servedModel(name: string, inference: Inference): ServedModel {
  return {
    name,
    inference,
    fingerprint: '0'.repeat(64),
    defaults: { preset: 'official', rounds: 1, minAgreement: 0.5, minPredictedIou: 0 },
    requireReady: () => {
      if (!inference.isReady()) throw new RefinerError('NOT_READY');
    },
  };
}

/** One model, which is the default one. */
export function servingOnly(inference: Inference): Models {
  return createModels(servedModel('only', inference));
}
