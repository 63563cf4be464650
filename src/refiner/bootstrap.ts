/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { randomBelow, seededRandom } from './seeded-random.js';

/** The differences seen in one image: how many, and their sum. */
export interface DifferenceGroup {
  readonly count: number;
  readonly sum: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly resamples: number;
  /** Share of the resampled means that lies within the interval, 0 to 1. */
  readonly confidence: number;
  readonly seed: number;
}

/** Stream of `seededRandom` that the groups are drawn from. */
const RESAMPLING = 2;

/**
 * Percentile interval of the mean difference when whole groups are drawn anew, with replacement: examples of one image
 * go together, because they are not independent. `giveWay` is waited for before each resample, which costs one draw a
 * group. Expects at least one group and one resample. Source: Efron and Tibshirani, An Introduction to the Bootstrap,
 * section 13.3.
 */
export async function bootstrapInterval(
  groups: readonly DifferenceGroup[],
  { resamples, confidence, seed }: BootstrapOptions,
  giveWay: () => void | Promise<void> = () => undefined,
): Promise<Interval> {
  const random = seededRandom(seed, RESAMPLING);
  const means = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    await giveWay();
    let sum = 0;
    let count = 0;
    for (let left = groups.length; left > 0; left--) {
      const group = groups[randomBelow(groups.length, random)]!;
      sum += group.sum;
      count += group.count;
    }
    means[i] = sum / count;
  }
  means.sort();
  const tail = Math.floor(((1 - confidence) / 2) * resamples);
  return { low: means[tail]!, high: means[resamples - 1 - tail]! };
}
