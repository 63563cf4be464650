import { readFile } from 'node:fs/promises';
import { decodeMaskImage } from '../formats/mask-image.js';
import { decodeImage } from '../onnx/decode-image.js';
import type { Model } from '../onnx/model.js';
import { boundaryIou, iou } from '../refiner/metrics.js';
import type { RefineOptions } from '../refiner/options.js';
import { refineMasks } from '../refiner/refine.js';
import type { Mask } from '../refiner/types.js';
import type { Verdict } from '../refiner/verdict.js';
import { type EvalItem, type EvalSet, objectMask, readLabelMap, voidMask } from './dataset.js';
import type { ImageTime, MaskScore } from './summary.js';

/** Of the image's diagonal, as in the boundary-iou-api. */
const BOUNDARY_DILATION_RATIO = 0.02;

export interface EvalSettings {
  readonly model: Model;
  readonly options: RefineOptions;
  readonly maxPixels: number;
  /** At most so many images of a set, spread evenly over it; null for all. */
  readonly imagesPerSet: number | null;
  /** A clock in milliseconds; passed in so that nothing here reads one by itself. */
  readonly nowMs: () => number;
  readonly onImage?: (set: string, done: number, total: number) => void;
}

export interface EvalResult {
  readonly scores: readonly MaskScore[];
  readonly times: readonly ImageTime[];
}

/** Refines every coarse mask of the sets, one image after the other, and measures it against the true mask. */
export async function evaluate(
  sets: readonly EvalSet[],
  settings: EvalSettings,
  signal?: AbortSignal,
): Promise<EvalResult> {
  const scores: MaskScore[] = [];
  const times: ImageTime[] = [];
  for (const set of sets) {
    const items = spread(set.items, settings.imagesPerSet);
    for (const [index, item] of items.entries()) {
      signal?.throwIfAborted();
      const { imageScores, time } = await evaluateImage(set.name, item, settings, signal);
      scores.push(...imageScores);
      times.push(time);
      settings.onImage?.(set.name, index + 1, items.length);
    }
  }
  return { scores, times };
}

async function evaluateImage(
  set: string,
  item: EvalItem,
  settings: EvalSettings,
  signal: AbortSignal | undefined,
): Promise<{ imageScores: readonly MaskScore[]; time: ImageTime }> {
  const image = await decodeImage(await readFile(item.imagePath), {
    orientation: 'exif',
    maxPixels: settings.maxPixels,
  });
  const labels = await readLabelMap(item.labelPath);
  const coarse = await Promise.all(
    item.coarse.map(async (entry) => decodeMaskImage(await readFile(entry.path), image)),
  );
  const startMs = settings.nowMs();
  const embedding = await settings.model.encode(image);
  const encodedMs = settings.nowMs();
  const verdicts = await refineMasks(coarse, settings.model.decoderFor(embedding), settings.options, signal);
  const refinedMs = settings.nowMs();
  const ignore = voidMask(labels);
  const imageScores = item.coarse.flatMap((entry, index) => {
    const rough = coarse[index];
    const verdict = verdicts[index];
    if (!rough || !verdict) return [];
    const truth = objectMask(labels, entry.object);
    return [{ set, image: item.id, object: entry.object, ...score(rough, verdict, truth, ignore) }];
  });
  return {
    imageScores,
    time: { set, encodeMs: encodedMs - startMs, refineMs: refinedMs - encodedMs, masks: coarse.length },
  };
}

function score(
  rough: Mask,
  verdict: Verdict,
  truth: Mask,
  ignore: Mask,
): Omit<MaskScore, 'set' | 'image' | 'object'> {
  const figures = verdict.status === 'failed' ? null : verdict.figures;
  return {
    status: verdict.status,
    reason: verdict.status === 'refined' ? null : verdict.reason,
    agreementIou: figures?.agreementIou ?? null,
    predictedIou: figures?.predictedIou ?? null,
    stability: figures?.stability ?? null,
    areaPx: truth.data.reduce((total, value) => total + value, 0),
    coarseIou: iou(rough, truth, ignore),
    refinedIou: iou(verdict.mask, truth, ignore),
    coarseBoundaryIou: boundaryIou(rough, truth, BOUNDARY_DILATION_RATIO, ignore),
    refinedBoundaryIou: boundaryIou(verdict.mask, truth, BOUNDARY_DILATION_RATIO, ignore),
  };
}

function spread<T>(items: readonly T[], count: number | null): readonly T[] {
  if (count === null || count >= items.length) return items;
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]).filter(
    (item): item is T => item !== undefined,
  );
}
