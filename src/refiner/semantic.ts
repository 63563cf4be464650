import type { ClassClaim } from './class-overlaps.js';
import { resolveClassOverlaps } from './class-overlaps.js';
import type { Decoder } from './engine.js';
import { logitAt } from './logit-at.js';
import { areaPx, isEmpty, pixelAt } from './mask.js';
import { iou } from './metrics.js';
import type { RefineOptions } from './options.js';
import type { RefinedMask } from './refine.js';
import { refineMasksKeepingLogits } from './refine.js';
import { splitThenMerge } from './split-merge.js';
import { subtractMask } from './subtract.js';
import type { Frame, Mask } from './types.js';
import { unionMasks } from './union.js';
import { upsamplerFor } from './upsample.js';
import type { Figures, Verdict } from './verdict.js';

interface RefinedRegion extends RefinedMask {
  readonly rough: Mask;
}

interface ClassOutcome {
  readonly rough: Mask;
  readonly regions: readonly RefinedRegion[];
}

/**
 * Refines the masks of the classes of one image (semantic segmentation), a verdict for each in the same order. Each
 * class is split into regions (`splitThenMerge`), these are refined on their own, and their union is the class.
 *
 * A pixel that several refined classes claim goes to the one with the higher foreground logit there, the earlier one
 * among equals (paper and official code leave this open). What was not refined is not changed: regions that were kept
 * hold their pixels against refined ones, and a class of which no region was refined is handed back whole. A class that
 * loses all its pixels to others is kept too.
 *
 * Figures: `agreementIou` of a refined class is that of its final mask; all else is averaged over the regions by area,
 * and `rounds` is the greatest. Rejects as `refineMasks` does. Holds the logits of all regions until it is done.
 */
export async function refineSemanticMasks(
  classMasks: readonly Mask[],
  decoder: Decoder,
  options: RefineOptions,
  signal?: AbortSignal,
): Promise<readonly Verdict[]> {
  const regionsOfClass = classMasks.map((mask) => splitThenMerge(mask));
  const refined = await refineMasksKeepingLogits(regionsOfClass.flat(), decoder, options, signal);
  let taken = 0;
  const outcomes = classMasks.map((rough, k): ClassOutcome => {
    const roughRegions = regionsOfClass[k] ?? [];
    const own = refined.slice(taken, (taken += roughRegions.length));
    const regions = own.flatMap((region, i) => {
      const roughRegion = roughRegions[i];
      return roughRegion === undefined ? [] : [{ ...region, rough: roughRegion }];
    });
    return { rough, regions };
  });
  const finalMasks = settleClasses(outcomes, decoder.frame);
  return outcomes.map((outcome, k) => classVerdict(outcome, finalMasks[k] ?? null));
}

/** The final mask of each refined class, disjoint from all others; null for a class that is kept. */
function settleClasses(outcomes: readonly ClassOutcome[], frame: Frame): readonly (Mask | null)[] {
  const size = { width: frame.imageWidth, height: frame.imageHeight };
  const claims = outcomes.map((outcome) => claimOf(outcome, frame));
  const isRefined = outcomes.map(({ regions }) =>
    regions.some(({ verdict }) => verdict.status === 'refined'),
  );
  for (;;) {
    const held = unionMasks(
      outcomes.filter((_outcome, k) => !isRefined[k]).map(({ rough }) => rough),
      size,
    );
    const contenders = claims.filter((_claim, k) => isRefined[k]);
    const free = contenders.map((claim) => ({ ...claim, mask: subtractMask(claim.mask, held) }));
    const settled = resolveClassOverlaps(free, size).values();
    const masks = isRefined.map((refined) => (refined ? (settled.next().value ?? null) : null));
    const emptied = masks.findIndex((mask) => mask !== null && isEmpty(mask));
    if (emptied < 0) return masks;
    // It goes back to its rough mask, which the others then have to respect: settle anew.
    isRefined[emptied] = false;
  }
}

function claimOf({ regions }: ClassOutcome, frame: Frame): ClassClaim {
  const upsampler = upsamplerFor(frame);
  const size = { width: frame.imageWidth, height: frame.imageHeight };
  const strengthAt = (x: number, y: number): number => {
    let strongest = -Infinity;
    for (const { verdict, logits } of regions) {
      if (pixelAt(verdict.mask, x, y) === 0) continue;
      const strength = logits === null ? Infinity : logitAt(logits, frame, upsampler, x, y);
      strongest = Math.max(strongest, strength);
    }
    return strongest;
  };
  const masks = regions.map(({ verdict }) => verdict.mask);
  return { mask: unionMasks(masks, size), strengthAt };
}

function classVerdict({ rough, regions }: ClassOutcome, finalMask: Mask | null): Verdict {
  const figures = averageFigures(regions);
  if (finalMask !== null && figures !== null) {
    return {
      status: 'refined',
      mask: finalMask,
      figures: { ...figures, agreementIou: iou(rough, finalMask) },
    };
  }
  if (regions.length === 0) {
    // Of a mask that is not empty, splitting left nothing but specks.
    return { status: 'kept', mask: rough, reason: isEmpty(rough) ? 'empty' : 'too-small', figures: null };
  }
  const bySize = [...regions].sort((a, b) => areaPx(b.rough) - areaPx(a.rough));
  for (const { verdict } of bySize) {
    if (verdict.status === 'kept') return { status: 'kept', mask: rough, reason: verdict.reason, figures };
  }
  const first = bySize[0]?.verdict;
  if (first?.status === 'failed') return { status: 'failed', mask: rough, reason: first.reason };
  return { status: 'kept', mask: rough, reason: 'disagrees', figures };
}

/** Null when no region was decoded. */
function averageFigures(regions: readonly RefinedRegion[]): Figures | null {
  const sum = { agreementIou: 0, predictedIou: 0, stability: 0, rounds: 0 };
  let weight = 0;
  for (const { verdict, rough } of regions) {
    if (verdict.status === 'failed' || verdict.figures === null) continue;
    const area = areaPx(rough);
    weight += area;
    sum.agreementIou += area * verdict.figures.agreementIou;
    sum.predictedIou += area * verdict.figures.predictedIou;
    sum.stability += area * verdict.figures.stability;
    sum.rounds = Math.max(sum.rounds, verdict.figures.rounds);
  }
  if (weight === 0) return null;
  return {
    agreementIou: sum.agreementIou / weight,
    predictedIou: sum.predictedIou / weight,
    stability: sum.stability / weight,
    rounds: sum.rounds,
  };
}
