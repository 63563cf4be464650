import type { Interval } from '../../refiner/bootstrap.js';
import type { ChoiceFigures, JudgeFigures } from '../../refiner/judge.js';
import type { GatheredExamples } from './gather-examples.js';

/** What a fit was made of. */
export interface FitData {
  readonly images: number;
  /** Masks by what became of them. */
  readonly training: number;
  readonly heldOut: number;
  /** Of both, those that corrected a mask of ours. */
  readonly corrected: number;
  /** Masks that were not asked about, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Images that could not be had or read: how many, and the first of them. */
  readonly skipped: {
    readonly count: number;
    readonly first: readonly { readonly image: string; readonly reason: string }[];
  };
}

/** Figures of the held-out masks that corrected one of ours. */
export interface CorrectedFigures {
  readonly examples: number;
  readonly before: ChoiceFigures;
  readonly after: ChoiceFigures;
  readonly gainInterval: Interval;
}

/** What came of learning. A refusal is an answer too: then nothing is kept and nothing changes. */
export type FitDecision =
  | {
      readonly status: 'accepted';
      /** Version of the adapter that is now in use; null for one that only a dry run made. */
      readonly version: number | null;
      readonly model: string;
      readonly data: FitData;
      /** The one that was chosen on a part of the training images. */
      readonly learningRate: number;
      readonly figures: JudgeFigures;
      /** Null when no held-out mask corrected one of ours. */
      readonly corrected: CorrectedFigures | null;
    }
  | {
      readonly status: 'refused';
      /** `fit`: nothing could be learned. `judge`: it is not better than the model alone, `in-use`: than what is in use. */
      readonly stage: 'fit' | 'judge' | 'in-use';
      readonly reason: string;
      readonly detail: string;
      readonly model: string;
      readonly data: FitData;
      /** Null when nothing could be measured. */
      readonly figures: JudgeFigures | null;
    };

/** What a job of kind `fit` answers. */
export type FitReport =
  | (FitDecision & { readonly seconds: FitSeconds })
  /** Of an automatic fit: too little is new. */
  | {
      readonly status: 'not-due';
      readonly masks: number;
      readonly newMasks: number;
      readonly neededNewMasks: number;
    };

export interface FitSeconds {
  readonly gathering: number;
  readonly learning: number;
}

const SKIPPED_SHOWN = 100;

export function fitData({ training, heldOut, images, leftOut, skipped }: GatheredExamples): FitData {
  return {
    images,
    training: training.length,
    heldOut: heldOut.length,
    corrected: [...training, ...heldOut].filter(({ corrected }) => corrected).length,
    leftOut,
    skipped: { count: skipped.length, first: skipped.slice(0, SKIPPED_SHOWN) },
  };
}
