import type { CellProducts } from './cell-products.js';
import { cellProductsOf } from './cell-products.js';
import { correctMask } from './correct-mask.js';
import { elasticBox, type PromptBox } from './elastic-box.js';
import type { Decoder, FramePrompt, PointLabel } from './engine.js';
import type { MaskPromptTaps } from './gaussian-mask.js';
import type { GuideBox, PixelGuidance } from './guidance.js';
import { maskPrompt, maskPromptTapsFor } from './gaussian-mask.js';
import type { PromptOptions } from './options.js';
import type { GuidePoints } from './points.js';
import { guidePoints } from './points.js';
import type { Frame, Mask, Point } from './types.js';

/** What the prompts of all masks of one image share. */
export interface PromptMaker {
  readonly decoder: Decoder;
  readonly options: PromptOptions;
  readonly taps: MaskPromptTaps;
  /** Null when no box is to grow. */
  readonly products: CellProducts | null;
}

export function promptMakerFor(decoder: Decoder, options: PromptOptions): PromptMaker {
  const { frame, features } = decoder;
  const growsBoxes = options.useBox && options.expandThreshold !== null;
  const image = { width: frame.imageWidth, height: frame.imageHeight };
  return {
    decoder,
    options,
    taps: maskPromptTapsFor(frame),
    products: growsBoxes ? cellProductsOf(features, image) : null,
  };
}

/**
 * The prompts of one mask that is not empty, in the decoder's input frame. Depends on the mask, its guidance and the
 * image alone. Guided, they are the prompts of the mask as the clicks correct it, then the clicks themselves; a guided
 * box takes the place of the mask's.
 */
export function promptFor(
  mask: Mask,
  maker: PromptMaker,
  guidance: PixelGuidance | null = null,
): FramePrompt {
  const { options, decoder } = maker;
  const { usePoints, useBox, useMask } = options;
  const said = guidance === null ? mask : correctMask(mask, guidance);
  const box = useBox ? elasticBoxOf(said, maker) : null;
  const useNegativePoint = usePoints && options.useNegativePoint;
  const points =
    usePoints || useMask ? guidePoints(said, { distance: options.distance, useNegativePoint }) : null;
  const sparse = {
    positives: [...(usePoints && points !== null ? [points.positive] : []), ...(guidance?.positives ?? [])],
    negatives: [...(points?.negative ? [points.negative] : []), ...(guidance?.negatives ?? [])],
    box: guidance?.box ?? box,
  };
  return {
    ...sparsePrompt(sparse, decoder.frame, decoder.pointSlots),
    maskLogits: useMask && points !== null ? maskLogits(said, points, box?.expanded === true, maker) : null,
  };
}

/** The Gaussian mask prompt of a mask that is not empty, `[maskSize, maskSize]`. */
export function maskLogitsOf(mask: Mask, maker: PromptMaker): Float32Array {
  const { distance } = maker.options;
  return maskLogits(mask, guidePoints(mask, { distance, useNegativePoint: false }), false, maker);
}

function elasticBoxOf(mask: Mask, { decoder, options, products }: PromptMaker): PromptBox {
  const { features, frame } = decoder;
  return elasticBox(mask, features, frame, options.expandThreshold, products ?? undefined);
}

function maskLogits(
  mask: Mask,
  points: GuidePoints,
  expanded: boolean,
  { decoder, options, taps }: PromptMaker,
): Float32Array {
  const { falloff, spread } = options;
  const asked = expanded ? options.expandedAmplitude : options.amplitude;
  const amplitude = decoder.maskAmplitude ?? asked;
  return maskPrompt(mask, points, decoder.frame, { falloff, amplitude, spread }, taps);
}

/** Points and box corners as pixel indices in the image, the last point of a sign the one that counts most. */
export interface SparsePrompt {
  readonly positives: readonly Point[];
  readonly negatives: readonly Point[];
  readonly box: GuideBox | null;
}

/**
 * Points as the decoder takes them: scaled to the input frame per axis (SAM's `apply_coords_torch`, in its float32),
 * positive, negative, box corners. Without fixed slots all that is there is given, and one padding point when there
 * is no box, as SAM's prompt encoder appends; so a mask alone is prompted with the padding point too, as in SAM's ONNX
 * export. With `pointSlots` every slot is filled, absent points by padding ones; of several points of a sign the last
 * one is given, as there is but one slot for it.
 */
export function sparsePrompt(
  prompt: SparsePrompt,
  frame: Frame,
  pointSlots: number | null,
): { coords: Float32Array; labels: readonly PointLabel[] } {
  const { positives, negatives, box } = prompt;
  const corners: readonly Slot[] = [
    [box === null ? null : { x: box.x0, y: box.y0 }, 2],
    [box === null ? null : { x: box.x1, y: box.y1 }, 3],
  ];
  const slotted: readonly Slot[] = [[positives.at(-1) ?? null, 1], [negatives.at(-1) ?? null, 0], ...corners];
  const all: readonly Slot[] = [
    ...positives.map((point): Slot => [point, 1]),
    ...negatives.map((point): Slot => [point, 0]),
    ...(box === null ? [] : corners),
  ];
  const given: Slot[] = [...(pointSlots === null ? all : slotted)];
  if (pointSlots === null && box === null) given.push([null, -1]);
  while (pointSlots !== null && given.length < pointSlots) given.push([null, -1]);

  const scaleX = Math.fround(frame.resizedWidth / frame.imageWidth);
  const scaleY = Math.fround(frame.resizedHeight / frame.imageHeight);
  return {
    coords: Float32Array.from(
      given.flatMap(([point]) => (point === null ? [0, 0] : [point.x * scaleX, point.y * scaleY])),
    ),
    labels: given.map(([point, label]) => (point === null ? -1 : label)),
  };
}

type Slot = readonly [Point | null, PointLabel];
