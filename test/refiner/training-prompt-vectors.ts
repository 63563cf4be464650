import { elasticBox } from '../../src/refiner/elastic-box.js';
import { fillEllipse } from '../../src/refiner/fill-ellipse.js';
import { fillPolygon } from '../../src/refiner/fill-polygon.js';
import { frameOf } from '../../src/refiner/frame.js';
import { maskPrompt } from '../../src/refiner/gaussian-mask.js';
import { isEmpty, maskFromBitmap, maskToBitmap } from '../../src/refiner/mask.js';
import { guidePoints } from '../../src/refiner/points.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { sparsePrompt } from '../../src/refiner/prompts.js';
import { seededRandom, type Random } from '../../src/refiner/seeded-random.js';
import type { Mask, Size } from '../../src/refiner/types.js';

/** What the training of `lite` in Python is held against; see models/lite/train/test_prompts.py. */
export interface TrainingPromptVector {
  readonly width: number;
  readonly height: number;
  /** Lengths of the runs of background and foreground in turn, row-major, background first. */
  readonly runs: readonly number[];
  readonly amplitude: number;
  readonly positive: readonly [number, number];
  readonly negative: readonly [number, number] | null;
  /** x0, y0, x1, y1, inclusive. */
  readonly tightBox: readonly [number, number, number, number];
  /** Where everything around the mask resembles it, so that every side moves that may. */
  readonly grownBox: readonly [number, number, number, number];
  /** Positive point, tight box's corners: x and y in the frame in turn. */
  readonly frameCoords: readonly number[];
  /** Every `CELL_STEP`th logit of the mask prompt, and how many are above 0. */
  readonly logits: readonly number[];
  readonly positiveCells: number;
}

export const INPUT_SIZE = 128;
export const MASK_SIZE = 64;
export const CELL_STEP = 19;
// Finer than the smallest mask, so that none vanishes on it.
const GRID = 128;
const SEED = 585;
const SIZES: readonly Size[] = [
  { width: 96, height: 64 },
  { width: 128, height: 128 },
  { width: 61, height: 150 },
  { width: 200, height: 87 },
];
const MASKS_PER_SIZE = 8;
const LOGIT_DIGITS = 4;

export function trainingPromptVectors(): readonly TrainingPromptVector[] {
  const random = seededRandom(SEED);
  const drawn = SIZES.flatMap((size) =>
    Array.from({ length: MASKS_PER_SIZE }, () => drawnMask(size, random)),
  );
  const full = maskFromBitmap(new Uint8Array(64 * 64).fill(1), 64, 64);
  return [...drawn, full]
    .filter((mask) => !isEmpty(mask))
    .map((mask, i) => vectorOf(mask, i % 2 === 0 ? 15 : 30));
}

/** A star with an ellipse cut out of it; both may reach beyond the image. */
function drawnMask(size: Size, random: Random): Mask {
  const centre = { x: random() * size.width, y: random() * size.height };
  const radius = (0.05 + 0.5 * random()) * size.height;
  const corners = 3 + Math.floor(random() * 9);
  const ring = Array.from({ length: corners }, (_, i) => {
    const reach = radius * (0.25 + random());
    const angle = (2 * Math.PI * i) / corners;
    return [centre.x + reach * Math.cos(angle), centre.y + reach * Math.sin(angle)];
  }).flat();
  const hole = { x: centre.x + radius * 0.3, y: centre.y, radiusX: radius * 0.3, radiusY: radius * 0.2 };
  const bitmap = maskToBitmap(fillPolygon([ring], size));
  const cut = maskToBitmap(fillEllipse({ ...hole, rotationDegrees: 30 }, size));
  return maskFromBitmap(
    bitmap.map((value, i) => (cut[i] === 1 ? 0 : value)),
    size.width,
    size.height,
  );
}

function vectorOf(mask: Mask, amplitude: number): TrainingPromptVector {
  const { prompts } = PRESETS.paper;
  const frame = frameOf({ width: mask.imageWidth, height: mask.imageHeight }, INPUT_SIZE, MASK_SIZE);
  const points = guidePoints(mask, prompts);
  const alike = { channels: 1, height: GRID, width: GRID, data: new Float32Array(GRID * GRID).fill(1) };
  const tight = elasticBox(mask, alike, frame, null);
  const grown = elasticBox(mask, alike, frame, prompts.expandThreshold);
  const logits = maskPrompt(mask, points, frame, { ...prompts, amplitude });
  const { coords } = sparsePrompt({ positives: [points.positive], negatives: [], box: tight }, frame, null);
  return {
    width: mask.imageWidth,
    height: mask.imageHeight,
    runs: runsOf(maskToBitmap(mask)),
    amplitude,
    positive: [points.positive.x, points.positive.y],
    negative: points.negative && [points.negative.x, points.negative.y],
    tightBox: [tight.x0, tight.y0, tight.x1, tight.y1],
    grownBox: [grown.x0, grown.y0, grown.x1, grown.y1],
    frameCoords: [...coords].map(rounded),
    logits: [...logits.filter((_, i) => i % CELL_STEP === 0)].map(rounded),
    positiveCells: logits.filter((logit) => logit > 0).length,
  };
}

function rounded(value: number): number {
  return Number(value.toFixed(LOGIT_DIGITS));
}

function runsOf(bitmap: Uint8Array): readonly number[] {
  const runs = [0];
  let value = 0;
  for (const pixel of bitmap) {
    if (pixel !== value) runs.push(0);
    value = pixel;
    runs.push((runs.pop() ?? 0) + 1);
  }
  return runs;
}
