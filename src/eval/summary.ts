/** What happened to one coarse mask. */
export interface MaskScore {
  readonly set: string;
  readonly image: string;
  readonly object: number;
  readonly status: 'refined' | 'kept' | 'failed';
  readonly reason: string | null;
  readonly agreementIou: number | null;
  readonly predictedIou: number | null;
  readonly stability: number | null;
  readonly areaPx: number;
  readonly coarseIou: number;
  readonly refinedIou: number;
  readonly coarseBoundaryIou: number;
  readonly refinedBoundaryIou: number;
}

/** Wall-clock milliseconds of one image. */
export interface ImageTime {
  readonly set: string;
  /** How often it, or a part of it, was encoded. */
  readonly encodings: number;
  readonly encodeMs: number;
  readonly refineMs: number;
  readonly masks: number;
}

export interface SummaryRow {
  readonly set: string;
  readonly n: number;
  readonly coarseIou: number;
  readonly refinedIou: number;
  readonly coarseBoundaryIou: number;
  readonly refinedBoundaryIou: number;
  /** Share of masks whose IoU rose, or fell, by more than 0.01. */
  readonly betterShare: number;
  readonly worseShare: number;
  readonly keptShare: number;
  readonly encodingsPerImage: number;
  readonly encodeMsPerImage: number;
  readonly refineMsPerMask: number;
}

const NOTICEABLE_IOU_CHANGE = 0.01;

/** One row a set, then `mean of sets` (every set counts the same) and `all masks` (every mask counts the same). */
export function summarise(scores: readonly MaskScore[], times: readonly ImageTime[]): readonly SummaryRow[] {
  const names = [...new Set(scores.map((score) => score.set))];
  const rows = names.map((name) =>
    row(
      name,
      scores.filter((score) => score.set === name),
      times.filter((time) => time.set === name),
    ),
  );
  return [...rows, meanOfRows(rows, scores.length), row('all masks', scores, times)];
}

function row(set: string, scores: readonly MaskScore[], times: readonly ImageTime[]): SummaryRow {
  const gain = (score: MaskScore): number => score.refinedIou - score.coarseIou;
  const masks = sum(times, (time) => time.masks);
  return {
    set,
    n: scores.length,
    coarseIou: mean(scores, (score) => score.coarseIou),
    refinedIou: mean(scores, (score) => score.refinedIou),
    coarseBoundaryIou: mean(scores, (score) => score.coarseBoundaryIou),
    refinedBoundaryIou: mean(scores, (score) => score.refinedBoundaryIou),
    betterShare: mean(scores, (score) => (gain(score) > NOTICEABLE_IOU_CHANGE ? 1 : 0)),
    worseShare: mean(scores, (score) => (gain(score) < -NOTICEABLE_IOU_CHANGE ? 1 : 0)),
    keptShare: mean(scores, (score) => (score.status === 'refined' ? 0 : 1)),
    encodingsPerImage: mean(times, (time) => time.encodings),
    encodeMsPerImage: mean(times, (time) => time.encodeMs),
    refineMsPerMask: masks === 0 ? 0 : sum(times, (time) => time.refineMs) / masks,
  };
}

function meanOfRows(rows: readonly SummaryRow[], n: number): SummaryRow {
  return {
    set: 'mean of sets',
    n,
    coarseIou: mean(rows, (r) => r.coarseIou),
    refinedIou: mean(rows, (r) => r.refinedIou),
    coarseBoundaryIou: mean(rows, (r) => r.coarseBoundaryIou),
    refinedBoundaryIou: mean(rows, (r) => r.refinedBoundaryIou),
    betterShare: mean(rows, (r) => r.betterShare),
    worseShare: mean(rows, (r) => r.worseShare),
    keptShare: mean(rows, (r) => r.keptShare),
    encodingsPerImage: mean(rows, (r) => r.encodingsPerImage),
    encodeMsPerImage: mean(rows, (r) => r.encodeMsPerImage),
    refineMsPerMask: mean(rows, (r) => r.refineMsPerMask),
  };
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function mean<T>(items: readonly T[], value: (item: T) => number): number {
  return items.length === 0 ? 0 : sum(items, value) / items.length;
}
