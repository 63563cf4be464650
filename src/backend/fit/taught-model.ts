import type { Inference } from '../../onnx/inference.js';
import type { ServedModel } from '../models.js';
import type { AdapterInUse } from './adapters-in-use.js';

/**
 * A model that chooses among its candidates as a project has taught it. Its version names project and adapter, so that
 * what it makes is told from what the model alone makes: `lite-0.1.0+1a2b3c4d+label-studio-7.3`.
 */
export function taughtModel(model: ServedModel, { project, version, adapter }: AdapterInUse): ServedModel {
  const { inference } = model;
  const taught: Inference = {
    modelVersion: `${inference.modelVersion}+${project}.${version}`,
    get queued() {
      return inference.queued;
    },
    isReady: () => inference.isReady(),
    refine: (request, limits) =>
      inference.refine({ ...request, options: { ...request.options, iouAdapter: adapter } }, limits),
    examples: (request, limits) => inference.examples(request, limits),
    close: () => inference.close(),
  };
  return { ...model, inference: taught };
}
