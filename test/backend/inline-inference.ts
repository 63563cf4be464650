import type { Inference, RefineAnswer } from '../../src/onnx/inference.js';

/** An inference that decides nothing: every shape is kept. Tests change what they are about. */
export function keepingInference(changes: Partial<Inference> = {}): Inference {
  return {
    modelVersion: 'keep-1',
    queued: 0,
    isReady: () => true,
    refine: (request): Promise<RefineAnswer> =>
      Promise.resolve({
        image: { width: 8, height: 8 },
        orientation: 'exif',
        outcomes: request.shapes.map(() => ({ status: 'kept', reason: 'too-small', figures: null })),
        embeddingCached: true,
        times: { queueMs: 1, imageDecodeMs: 2, encodeMs: 3, promptMs: 4, decodeMs: 5, outputMs: 6 },
      }),
    close: () => Promise.resolve(),
    ...changes,
  };
}
