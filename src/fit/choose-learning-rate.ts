import { firstGreatest } from '../refiner/first-greatest.js';
import { type FitOptions, type FitPace, fitIouAdapter } from '../refiner/fit.js';
import { splitByImage } from '../refiner/image-split.js';
import { adaptIous, type IouAdapter } from '../refiner/iou-adapter.js';
import type { IouExample } from '../refiner/iou-example.js';

/**
 * The official rate, and lower ones: how far a step leads grows with the square of the features, whose scale every
 * model has of its own.
 */
export const LEARNING_RATES: readonly number[] = [0.01, 0.001, 0.0001];

/** Of the images that are learned from, those that the rates are compared on; another seed than that of held-out ones. */
const VALIDATION = { heldOutShare: 0.3, seed: 1 };

/**
 * The rate whose adapter, learned on a part of the images, chooses the best candidates on the others; the first of equals,
 * and the first of all where there is too little to compare. Rejects with the signal's reason when aborted.
 */
export async function chooseLearningRate(
  training: readonly IouExample[],
  selectable: readonly number[],
  options: FitOptions,
  rates: readonly number[],
  pace: FitPace = {},
): Promise<number> {
  const [first = options.learningRate] = rates;
  if (rates.length < 2) return first;
  const { training: learned, heldOut: compared } = splitByImage(training, VALIDATION);
  let best = { rate: first, meanIou: -Infinity };
  for (const rate of rates) {
    const fitted = await fitIouAdapter(learned, selectable, { ...options, learningRate: rate }, pace);
    if (fitted.status === 'refused') continue;
    const meanIou = meanChosenIou(compared, selectable, fitted.adapter);
    if (meanIou > best.meanIou) best = { rate, meanIou };
  }
  return best.rate;
}

/** −∞ where there is nothing to choose from or the numbers are not finite. */
function meanChosenIou(
  examples: readonly IouExample[],
  selectable: readonly number[],
  adapter: IouAdapter,
): number {
  let sum = 0;
  for (const { ious, features, trueIous } of examples) {
    const chosen = firstGreatest(adaptIous(ious, features, adapter), selectable);
    sum += chosen === null ? -Infinity : (trueIous[chosen] ?? -Infinity);
  }
  return examples.length === 0 ? -Infinity : sum / examples.length;
}
