import type { IouExample } from '../../src/refiner/iou-example.js';
import { seededRandom } from '../../src/refiner/seeded-random.js';

export const SELECTABLE = [1, 2, 3];
const FEATURES = 256;

/** Of objects that the IoU head tells apart by which half of its features is stronger. */
export type Kind = 0 | 1;

export interface ProjectOptions {
  readonly images: number;
  readonly masksPerImage: number;
  readonly seed: number;
  /** Which candidate matches best. */
  readonly right: (kind: Kind) => number;
  /** Which candidate the model believes in. */
  readonly believed: (kind: Kind) => number;
}

/**
 * Examples of a project in which the best candidate matches at about 0.85 and the others at about 0.7, while the model
 * predicts 0.04 more for the candidate it believes in, all with noise. Features are never negative, as after a ReLU.
 */
export function syntheticProject(options: ProjectOptions): readonly IouExample[] {
  const { images, masksPerImage, seed, right, believed } = options;
  const random = seededRandom(seed, 20);
  const about = (centre: number, spread: number): number => centre + spread * (random() - 0.5);
  return Array.from({ length: images * masksPerImage }, (_, index) => {
    const kind = random() < 0.5 ? 0 : 1;
    const features = Float32Array.from({ length: FEATURES }, (_value, i) =>
      Math.max(0, about(Math.floor((2 * i) / FEATURES) === kind ? 0.3 : 0, 0.8)),
    );
    const best = right(kind);
    const favourite = believed(kind);
    return {
      image: `photograph-${Math.floor(index / masksPerImage)}.jpg`,
      features,
      ious: Float32Array.from([0, 1, 2, 3], (candidate) => about(candidate === favourite ? 0.9 : 0.86, 0.03)),
      trueIous: Float32Array.from([0, 1, 2, 3], (candidate) => about(candidate === best ? 0.85 : 0.7, 0.1)),
    };
  });
}
