import { addRankingGradient, zeroGradient, type AdapterGradient } from './adapter-gradient.js';
import { firstGreatest } from './first-greatest.js';
import { adapterFits, freshAdapter, type IouAdapter } from './iou-adapter.js';
import { refuseExamples, type ExamplesFault, type IouExample } from './iou-example.js';
import { seededRandom, shuffledIndices } from './seeded-random.js';
import { learningRateAfter, sgdStep, type SgdOptions, type StepSchedule } from './sgd.js';

export interface FitOptions extends StepSchedule, SgdOptions {
  readonly rank: number;
  /** Least lead of the best candidate's predicted IoU (m). */
  readonly margin: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Decides the first weights and the order of the examples. */
  readonly seed: number;
}

/** Paper appendix A and `iou_adaption_davis585.py`; momentum and weight decay are in the code alone. */
export const FIT_DEFAULTS: FitOptions = {
  rank: 4,
  margin: 0.02,
  batchSize: 5,
  epochs: 1,
  learningRate: 0.01,
  momentum: 0.9,
  weightDecay: 5e-4,
  milestones: [60, 100],
  decay: 0.1,
  seed: 0,
};

export interface FitProgress {
  /** Steps done, 1 to `steps`. */
  readonly step: number;
  readonly steps: number;
  readonly learningRate: number;
  /** Mean ranking loss of the step's batch, before the step. */
  readonly loss: number;
}

export type FitResult =
  | { readonly status: 'fitted'; readonly adapter: IouAdapter; readonly steps: number }
  | {
      readonly status: 'refused';
      readonly reason: ExamplesFault | 'diverged';
      /** What was at fault, for the operator. */
      readonly detail: string;
    };

export interface FitPace {
  readonly signal?: AbortSignal;
  /** Heard after every step; waited for, so that a caller on a busy event loop can give way (a step takes < 1 ms). */
  readonly onStep?: (progress: FitProgress) => void | Promise<void>;
}

/** Stream of `seededRandom` that the order of the examples is drawn from. */
const SHUFFLING = 1;

interface Descent {
  readonly adapter: IouAdapter;
  readonly velocity: AdapterGradient;
  readonly options: FitOptions;
  readonly selectable: readonly number[];
}

/**
 * Learns, from examples of a single prompt each, to choose the candidate that matches best (IoU adaption, paper section
 * 3.3). `selectable` are the decoder's. Each epoch goes through the examples in a new seeded order, in batches; as in
 * the official code, examples that do not fill a last batch are left out of that epoch, and of candidates that match
 * equally well the first is taken for the best.
 *
 * The same examples, options and seed give the same bytes. Bad examples are a refusal, never thrown; rejects with the
 * signal's reason when aborted.
 */
export async function fitIouAdapter(
  examples: readonly IouExample[],
  selectable: readonly number[],
  options: FitOptions,
  { signal, onStep }: FitPace = {},
): Promise<FitResult> {
  signal?.throwIfAborted();
  const batchSize = Math.max(1, options.batchSize);
  const refusal = refuseExamples(examples, { least: batchSize, selectable });
  if (refusal !== null) return { status: 'refused', ...refusal };
  const head = { features: examples[0]?.features.length ?? 0, outputs: examples[0]?.ious.length ?? 0 };
  const adapter = freshAdapter({ rank: options.rank, ...head }, options.seed);
  const descent: Descent = { adapter, velocity: zeroGradient(adapter), options, selectable };
  const random = seededRandom(options.seed, SHUFFLING);
  const stepsPerEpoch = Math.floor(examples.length / batchSize);
  const steps = stepsPerEpoch * options.epochs;
  let done = 0;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const order = shuffledIndices(examples.length, random);
    for (let start = 0; done < (epoch + 1) * stepsPerEpoch; start += batchSize) {
      signal?.throwIfAborted();
      const batch = [...order.subarray(start, start + batchSize)].flatMap((i) => examples[i] ?? []);
      const learningRate = learningRateAfter(done, options);
      const loss = descend(batch, descent, learningRate);
      done++;
      await onStep?.({ step: done, steps, learningRate, loss });
    }
  }
  if (adapterFits(adapter, head)) return { status: 'fitted', adapter, steps };
  return {
    status: 'refused',
    reason: 'diverged',
    detail: `the weights were not finite after ${steps} steps`,
  };
}

/** One step down the mean loss of a batch; returns that loss. */
function descend(batch: readonly IouExample[], descent: Descent, learningRate: number): number {
  const { adapter, velocity, options, selectable } = descent;
  const gradient = zeroGradient(adapter);
  const how = { selectable, margin: options.margin, weight: 1 / batch.length };
  let loss = 0;
  for (const example of batch) {
    const best = firstGreatest(example.trueIous, selectable);
    if (best !== null) loss += addRankingGradient(example, best, adapter, how, gradient);
  }
  const sgd = { ...options, learningRate };
  sgdStep(adapter.loraA, gradient.loraA, velocity.loraA, sgd);
  sgdStep(adapter.loraB, gradient.loraB, velocity.loraB, sgd);
  return loss;
}
