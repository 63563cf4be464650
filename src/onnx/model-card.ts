/** One collection of photographs that a model was trained on. */
export interface TrainingSet {
  readonly name: string;
  readonly images: number;
  /** As its source states it. */
  readonly licence: string;
  readonly source: string;
}

/** Mean over the sets of one measurement: shares between 0 and 1. */
export interface MeasuredQuality {
  /** The command and the data. */
  readonly how: string;
  /** ISO 8601 day. */
  readonly date: string;
  readonly roughIou: number;
  readonly refinedIou: number;
  readonly roughBoundaryIou: number;
  readonly refinedBoundaryIou: number;
  /** Masks whose IoU changed by more than 0.01. */
  readonly better: number;
  readonly worse: number;
  /** IoU of what a tight box alone, and a click alone, give. */
  readonly boxOnlyIou: number;
  readonly clickOnlyIou: number;
}

/** What to know before trusting a model: what it learned from, how good it is, and where it is not. */
export interface ModelCard {
  readonly data: readonly TrainingSet[];
  /** The command that trained it, relative to the repository. */
  readonly training: string;
  readonly figures: MeasuredQuality;
  readonly limits: readonly string[];
  /** For whom another model is the better choice. */
  readonly insteadOfIt: string;
}
