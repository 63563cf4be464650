import { EXPORT_NAMES } from './edit/refining-decoder.js';
import type { ModelContract } from './model-contract.js';
import type { ExportEncoder, ExportPackManifest } from './pack-manifest.js';

/** Mean and standard deviation of red, green and blue, 0–255, that all of SAM's encoders are trained with. */
const SAM_MEAN = [123.675, 116.28, 103.53] as const;
const SAM_STD = [58.395, 57.12, 57.375] as const;

/** The contract of a public ONNX export of SAM. */
export function exportPackContract({ encoder, decoder }: ExportPackManifest): ModelContract {
  const { tensor, shape } = encoder.output;
  const [, channels = 0, height = 0, width = 0] = shape;
  return {
    input: inputOf(encoder),
    encoder: {
      outputs: [{ tensor: EXPORT_NAMES.embedding, shape, encoderName: tensor }],
      features: { tensor: EXPORT_NAMES.embedding, order: 'channels-first', channels, height, width },
    },
    decoder: {
      ...EXPORT_NAMES,
      accepts: ['points', 'boxes', 'mask'],
      pointLabelsType: decoder.pointLabelsType,
      pointSlots: null,
      maskAmplitude: null,
      // The export fixes the number of prompts to 1.
      promptsPerRun: 1,
      iouFeatures: decoder.iouFeatures,
      candidateCount: decoder.candidateCount,
      // The first is the single-mask output, which SAM's authors leave out where several masks are asked for.
      selectable: Array.from({ length: decoder.candidateCount - 1 }, (_, index) => index + 1),
      maskSize: decoder.maskSize,
      iouFeatureCount: decoder.iouFeatureCount,
    },
  };
}

function inputOf({ input: { tensor, size, form } }: ExportEncoder): ModelContract['input'] {
  if (form === 'raw-pixels') return { tensor, size, layout: 'hwc-float32' };
  const normalisation = form === 'normalised-planes' ? { mean: SAM_MEAN, std: SAM_STD } : null;
  // SAM pads what is normalised with 0, which is the mean before.
  return { tensor, size, layout: 'nchw-float32', padValue: SAM_MEAN, normalisation };
}
