import { FIT_DEFAULTS, type FitOptions, type FitProgress, fitIouAdapter } from '../refiner/fit.js';
import type { IouAdapter } from '../refiner/iou-adapter.js';
import {
  JUDGE_DEFAULTS,
  judgeIouAdapter,
  type Judgement,
  type JudgeFigures,
  type JudgeOptions,
} from '../refiner/judge.js';
import type { CollectedExamples } from './collect-examples.js';

export interface LearnSettings {
  readonly fit?: FitOptions;
  readonly judge?: JudgeOptions;
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: FitProgress) => void | Promise<void>;
}

export type LearnOutcome =
  | { readonly status: 'accepted'; readonly adapter: IouAdapter; readonly figures: JudgeFigures }
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
  { fit = FIT_DEFAULTS, judge = JUDGE_DEFAULTS, signal, onStep }: LearnSettings = {},
): Promise<LearnOutcome> {
  const pace = { ...(signal && { signal }), ...(onStep && { onStep }) };
  const fitted = await fitIouAdapter(training, selectable, fit, pace);
  if (fitted.status === 'refused') {
    return { status: 'refused', stage: 'fit', reason: fitted.reason, detail: fitted.detail, figures: null };
  }
  const { adapter } = fitted;
  const judgement: Judgement = await judgeIouAdapter(heldOut, selectable, adapter, judge, pace);
  if (judgement.status === 'accepted') return { status: 'accepted', adapter, figures: judgement.figures };
  const { reason, detail, figures } = judgement;
  return { status: 'refused', stage: 'judge', reason, detail, figures };
}
