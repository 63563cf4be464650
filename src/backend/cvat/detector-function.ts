import { RefinerError } from '../../errors.js';
import { decodeCvatMask } from '../../formats/cvat-mask.js';
import type { ShapeOutcome } from '../../onnx/inference.js';
import type { Size } from '../../refiner/types.js';
import type { Services } from '../services.js';
import { compileSchema } from '../validate.js';
import { imageHash } from './frame-index.js';
import type { Annotations, CvatFunction } from './functions.js';
import { roughShape } from './refine-call.js';
import { imageRefiner } from './refine-image.js';
import type { NamedShape, StoredMasks } from './stored-masks.js';
import { vanishesInBrowser } from './vanishing-mask.js';

/** The checked body of a call of the detector kind (protocol note, section 3.1). */
interface DetectorCall {
  readonly image: string;
  /** Least confidence. */
  readonly threshold?: number;
}

const DETECTOR_CALL_SCHEMA = {
  type: 'object',
  required: ['image'],
  properties: { image: { type: 'string' }, threshold: { type: 'number' } },
} as const;

/** One detected object; `mask` is its crop in 0 and 1 and the crop's inclusive box, `points` its outline. */
export interface DetectedMask {
  readonly label: string;
  readonly type: 'mask';
  readonly mask: readonly number[];
  readonly points: readonly number[];
  readonly confidence: string;
  readonly attributes: NamedShape['attributes'];
  readonly group_id?: number;
}

/**
 * `samrefiner-detector`: refined copies of the masks that are stored for the frame, for CVAT's "automatic annotation". They
 * come beside the stored ones, which CVAT keeps; what could not be improved has no copy.
 */
export function detectorFunction(services: Services, stored: StoredMasks): CvatFunction {
  const { config, log } = services;
  const check = compileSchema<DetectorCall>(DETECTOR_CALL_SCHEMA);
  const images = imageRefiner(services);
  const outline = { minIou: config.polygonMinIou, maxVertices: config.polygonMaxVertices };

  async function annotations(signal: AbortSignal): Promise<Annotations | null> {
    const labels = await stored.labels(signal).catch((err: unknown) => {
      signal.throwIfAborted();
      log.warn({ err }, 'the detector is not offered because the labels of its projects are missing');
      return null;
    });
    if (labels === null) return null;
    return { name: 'SAMRefiner (refine stored masks)', type: 'detector', spec: JSON.stringify(labels) };
  }

  return {
    name: 'samrefiner-detector',
    description: 'Adds refined copies of the masks that are stored for a frame',
    annotations,
    takes: (members) => members.has('image') && [...members].every((name) => MEMBERS.has(name)),
    answer: async (call) => {
      const { image: text, threshold = 0 } = check(call.body);
      const image = await images.decode(text);
      const { project, shapes } = await stored.find(imageHash(image), call.signal);
      if (shapes.length === 0) return [];
      const requests = shapes.map((shape) => ({
        shape: roughShape(shape),
        semantic: false,
        output: { kind: 'cvat-mask', outline } as const,
        madeFor: null,
      }));
      const { image: size, outcomes } = await images.refine(image, requests, call, project);
      return outcomes.flatMap((outcome, index) => detected(outcome, shapes[index], size, threshold));
    },
  };
}

const MEMBERS: ReadonlySet<string> = new Set(['image', 'threshold']);

function detected(
  outcome: ShapeOutcome,
  shape: NamedShape | undefined,
  size: Size,
  threshold: number,
): readonly DetectedMask[] {
  if (outcome.status !== 'refined' || shape === undefined) return [];
  if (outcome.shape.kind !== 'cvat-mask') throw new RefinerError('INTERNAL');
  const { points, outline = [] } = outcome.shape;
  const iou = outcome.figures.predictedIou;
  if (iou < threshold || vanishesInBrowser(points)) return [];
  const { label, attributes, group } = shape;
  return [
    {
      label,
      type: 'mask',
      mask: [...decodeCvatMask(points, size).data, ...points.slice(-4)],
      points: outline,
      confidence: iou.toFixed(2),
      attributes,
      ...(group === 0 ? {} : { group_id: group }),
    },
  ];
}
