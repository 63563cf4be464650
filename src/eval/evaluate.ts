import { readFile } from 'node:fs/promises';
import { decodeMaskImage } from '../formats/mask-image.js';
import { decodeImage } from '../onnx/decode-image.js';
import type { Model } from '../onnx/model.js';
import { sceneOf } from '../onnx/scene-of.js';
import { boundaryIou, iou } from '../refiner/metrics.js';
import type { RefineOptions } from '../refiner/options.js';
import { refineInScene } from '../refiner/refine-scene.js';
import type { Scene } from '../refiner/scene.js';
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
  const { scene, spent } = timedScene(sceneOf(settings.model, image), settings.nowMs);
  const unguided = coarse.map((mask) => ({ mask, guidance: null }));
  const verdicts = await refineInScene(unguided, scene, settings.options, signal);
  const totalMs = settings.nowMs() - startMs;
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
    time: { set, ...spent, refineMs: totalMs - spent.encodeMs, masks: coarse.length },
  };
}

interface EncodingCost {
  encodings: number;
  encodeMs: number;
}

/** The scene, with what its encodings cost. */
function timedScene(scene: Scene, nowMs: () => number): { scene: Scene; spent: EncodingCost } {
  const spent = { encodings: 0, encodeMs: 0 };
  const decoderOf: Scene['decoderOf'] = async (view) => {
    const startMs = nowMs();
    const decoder = await scene.decoderOf(view);
    spent.encodings += 1;
    spent.encodeMs += nowMs() - startMs;
    return decoder;
  };
  return { scene: { ...scene, decoderOf }, spent };
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
