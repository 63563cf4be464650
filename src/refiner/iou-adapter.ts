/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { seededRandom } from './seeded-random.js';

/**
 * What SAMRefiner++ learns for a data set: a low-rank addition to the last layer of the model's IoU head,
 * `iou + B·(A·h)` with `h` the numbers entering that layer. It changes which candidate is chosen, never a candidate.
 * Plain data of about 8 KB, so that it can travel to a worker. Paper section 3.3.
 */
export interface IouAdapter {
  readonly rank: number;
  /** Length of `h`. */
  readonly features: number;
  /** Number of IoUs that the head predicts. */
  readonly outputs: number;
  /** `[rank, features]`, row-major. */
  readonly loraA: Float64Array;
  /** `[outputs, rank]`, row-major. */
  readonly loraB: Float64Array;
}

export interface IouAdapterShape {
  readonly rank: number;
  readonly features: number;
  readonly outputs: number;
}

/** Stream of `seededRandom` that the weights are drawn from. */
const INITIAL_WEIGHTS = 0;

/**
 * An adapter that changes nothing yet: A uniform in ±1/√features (`kaiming_uniform_` with a = √5, as LoRA layers and
 * `torch.nn.Linear` start), drawn row by row; B zero.
 */
export function freshAdapter({ rank, features, outputs }: IouAdapterShape, seed: number): IouAdapter {
  const random = seededRandom(seed, INITIAL_WEIGHTS);
  const bound = 1 / Math.sqrt(features);
  return {
    rank,
    features,
    outputs,
    loraA: Float64Array.from({ length: rank * features }, () => (2 * random() - 1) * bound),
    loraB: new Float64Array(outputs * rank),
  };
}

/** Whether an adapter is whole, finite, and made for an IoU head of these numbers of features and outputs. */
export function adapterFits(
  adapter: IouAdapter,
  head: { readonly features: number; readonly outputs: number },
): boolean {
  const { rank, features, outputs, loraA, loraB } = adapter;
  return (
    features === head.features &&
    outputs === head.outputs &&
    loraA.length === rank * features &&
    loraB.length === outputs * rank &&
    loraA.every(Number.isFinite) &&
    loraB.every(Number.isFinite)
  );
}

/**
 * The predicted IoUs `[outputs]` of one prompt after the adapter, from those before and the `[features]` entering the
 * head's last layer. They rank the candidates; as the adapter is trained on their order alone, they may leave 0 to 1.
 * Throws RangeError when the adapter was made for another model.
 */
export function adaptIous(ious: Float32Array, iouFeatures: Float32Array, adapter: IouAdapter): Float32Array {
  const { rank, features, outputs, loraA, loraB } = adapter;
  if (iouFeatures.length !== features || ious.length !== outputs) {
    throw new RangeError(
      `an IoU adapter of ${features} features and ${outputs} outputs ` +
        `does not fit a model of ${iouFeatures.length} and ${ious.length}`,
    );
  }
  const projected = project(loraA, iouFeatures, rank);
  return ious.map((iou, output) => {
    let sum = iou;
    for (let r = 0; r < rank; r++) sum += loraB[output * rank + r]! * projected[r]!;
    return sum;
  });
}

/** A·h, `[rank]`. */
export function project(loraA: Float64Array, iouFeatures: Float32Array, rank: number): Float64Array {
  const features = iouFeatures.length;
  const projected = new Float64Array(rank);
  for (let r = 0; r < rank; r++) {
    let sum = 0;
    for (let f = 0; f < features; f++) sum += loraA[r * features + f]! * iouFeatures[f]!;
    projected[r] = sum;
  }
  return projected;
}
