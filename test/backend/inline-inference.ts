import type { ExamplesAnswer, Inference, RefineAnswer } from '../../src/onnx/inference.js';

const ABOUT_IMAGE = {
  image: { width: 8, height: 8 },
  orientation: 'exif',
  embeddingCached: true,
  times: { queueMs: 1, imageDecodeMs: 2, encodeMs: 3, promptMs: 4, decodeMs: 5, outputMs: 6 },
} as const;

/** An inference that decides nothing: every shape is kept. Tests change what they are about. */
export function keepingInference(changes: Partial<Inference> = {}): Inference {
  return {
    modelVersion: 'keep-1',
    queued: 0,
    isReady: () => true,
    refine: (request): Promise<RefineAnswer> =>
      Promise.resolve({
        ...ABOUT_IMAGE,
        outcomes: request.shapes.map(() => ({ status: 'kept', reason: 'too-small', figures: null })),
      }),
    examples: (request): Promise<ExamplesAnswer> =>
      Promise.resolve({
        ...ABOUT_IMAGE,
        objects: request.objects.map(() => ({ status: 'left-out', reason: 'too-small' })),
        selectable: [1, 2, 3],
      }),
    close: () => Promise.resolve(),
    ...changes,
  };
}
