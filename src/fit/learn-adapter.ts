import {
  FIT_DEFAULTS,
  type FitOptions,
  type FitPace,
  type FitProgress,
  fitIouAdapter,
} from '../refiner/fit.js';
import type { IouAdapter } from '../refiner/iou-adapter.js';
import {
  JUDGE_DEFAULTS,
  judgeIouAdapter,
  type Judgement,
  type JudgeFigures,
  type JudgeOptions,
} from '../refiner/judge.js';
import { chooseLearningRate, LEARNING_RATES } from './choose-learning-rate.js';
import type { CollectedExamples } from './collect-examples.js';

export interface LearnSettings {
  readonly fit?: FitOptions;
  /** Of these the one that proves best on a part of the training images is taken in place of that of `fit`. */
  readonly learningRates?: readonly number[];
  readonly judge?: JudgeOptions;
  readonly signal?: AbortSignal;
  /** Heard after every step of the final learning; waited for. */
  readonly onStep?: (progress: FitProgress) => void | Promise<void>;
  /** Waited for between short pieces of work, so that a caller on a busy event loop can give way. */
  readonly giveWay?: () => void | Promise<void>;
}

export type LearnOutcome =
  | {
      readonly status: 'accepted';
      readonly adapter: IouAdapter;
      readonly figures: JudgeFigures;
      readonly learningRate: number;
    }
  | {
      readonly status: 'refused';
      /** `fit`: nothing could be learned. `judge`: what was learned is not taken. */
      readonly stage: 'fit' | 'judge';
      readonly reason: string;
      readonly detail: string;
      /** Null when nothing could be measured. */
      readonly figures: JudgeFigures | null;
    };

/**
 * Learns an adapter from the training examples and judges it by those held out; it is worth keeping only when accepted.
 * Rejects with the signal's reason when aborted.
 */
export async function learnAdapter(
  { training, heldOut, selectable }: Pick<CollectedExamples, 'training' | 'heldOut' | 'selectable'>,
  settings: LearnSettings = {},
): Promise<LearnOutcome> {
  const { fit = FIT_DEFAULTS, learningRates = LEARNING_RATES, judge = JUDGE_DEFAULTS } = settings;
  const { signal, giveWay, onStep } = settings;
  const pace = (heard?: LearnSettings['onStep']): FitPace => ({
    ...(signal && { signal }),
    onStep: async (progress) => {
      await giveWay?.();
      await heard?.(progress);
    },
  });
  const learningRate = await chooseLearningRate(training, selectable, fit, learningRates, pace());
  const fitted = await fitIouAdapter(training, selectable, { ...fit, learningRate }, pace(onStep));
  if (fitted.status === 'refused') {
    return { status: 'refused', stage: 'fit', reason: fitted.reason, detail: fitted.detail, figures: null };
  }
  const { adapter } = fitted;
  const judgement: Judgement = await judgeIouAdapter(heldOut, selectable, adapter, judge, {
    ...(signal && { signal }),
    ...(giveWay && { giveWay }),
  });
  if (judgement.status === 'accepted') {
    return { status: 'accepted', adapter, figures: judgement.figures, learningRate };
  }
  const { reason, detail, figures } = judgement;
  return { status: 'refused', stage: 'judge', reason, detail, figures };
}
