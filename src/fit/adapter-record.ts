import type { JudgeFigures } from '../refiner/judge.js';
import type { IouAdapter } from '../refiner/iou-adapter.js';
import type { PromptKind } from './prompt-kind.js';

/** What an adapter was learned from. */
export interface AdapterData {
  readonly prompt: PromptKind;
  /** Images and examples that were learned from; those held out are in the figures. */
  readonly images: number;
  readonly examples: number;
  /** Of these examples, those whose true mask corrects one of ours. */
  readonly corrected: number;
}

/** An adapter with where it comes from and what it is worth. */
export interface AdapterRecord {
  readonly model: {
    /** As `modelVersionOf` says, for people. */
    readonly version: string;
    /** Of the pack: the adapter fits no other. */
    readonly fingerprint: string;
  };
  readonly data: AdapterData;
  /** On images that were held out. */
  readonly figures: JudgeFigures;
  /** The version of the project that was in use before; null for none. */
  readonly parent: number | null;
  readonly adapter: IouAdapter;
}
