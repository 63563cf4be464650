import type { ExamplesRequest, Inference } from '../../../src/onnx/inference.js';
import { syntheticProject } from '../../refiner/synthetic-project.js';
import { keepingInference } from '../inline-inference.js';

export interface TeachingInference extends Inference {
  readonly requests: ExamplesRequest[];
}

/**
 * An inference that answers every object with a synthetic example for each prompt: the same for the same bytes of the
 * image. In all of them candidate 3 is right; which one the model believes in is up to the test.
 */
export function teachingInference(believed = 1, changes: Partial<Inference> = {}): TeachingInference {
  const requests: ExamplesRequest[] = [];
  const inference = keepingInference({
    examples: (request, { signal }) => {
      signal?.throwIfAborted();
      requests.push(request);
      const seed = request.image.reduce((sum, byte, i) => (sum * 31 + byte * (i + 1)) >>> 0, 7);
      const count = request.objects.length * request.settings.prompts.length;
      const made = syntheticProject({
        images: count,
        masksPerImage: 1,
        seed,
        right: () => 3,
        believed: () => believed,
      });
      const perObject = request.settings.prompts.length;
      return Promise.resolve({
        image: { width: 8, height: 8 },
        orientation: 'exif' as const,
        embeddingCached: false,
        times: { queueMs: 0, imageDecodeMs: 0, encodeMs: 0, promptMs: 0, decodeMs: 0, outputMs: 0 },
        selectable: [1, 2, 3],
        objects: request.objects.map((_, index) => ({
          status: 'asked' as const,
          examples: made.slice(index * perObject, (index + 1) * perObject),
        })),
      });
    },
    ...changes,
  });
  return { ...inference, requests };
}
