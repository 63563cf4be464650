import type { Mask } from './types.js';

/** Why a rough mask was handed back unchanged. */
export type KeptReason = 'empty' | 'too-small' | 'too-thin' | 'disagrees' | 'low-predicted-iou' | 'unstable';

export type FailedReason = 'decoder-output-not-finite';

/** Figures of the refined mask, also of one that was not taken. */
export interface Figures {
  /** IoU between the rough mask, as clicks correct it, and the refined one; 1 where there was no rough mask. */
  readonly agreementIou: number;
  /** What the model's IoU head says of the chosen candidate, after the adapter if there is one. */
  readonly predictedIou: number;
  /** IoU of the chosen logits cut at +1 and at −1 (SAM's stability score). */
  readonly stability: number;
  /** Rounds that were run before nothing changed any more. */
  readonly rounds: number;
}

/** The outcome for one mask. `mask` is the rough one unless the status is `refined`. Never thrown: it is a value. */
export type Verdict =
  | { readonly status: 'refined'; readonly mask: Mask; readonly figures: Figures }
  | {
      readonly status: 'kept';
      readonly mask: Mask;
      readonly reason: KeptReason;
      readonly figures: Figures | null;
    }
  | { readonly status: 'failed'; readonly mask: Mask; readonly reason: FailedReason };
