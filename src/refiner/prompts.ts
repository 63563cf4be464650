import type { CellProducts } from './cell-products.js';
import { cellProductsOf } from './cell-products.js';
import type { PromptBox } from './elastic-box.js';
import { elasticBox } from './elastic-box.js';
import type { Decoder, FramePrompt, PointLabel } from './engine.js';
import type { MaskPromptTaps } from './gaussian-mask.js';
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

/** The prompts of one mask that is not empty, in the decoder's input frame. Depends on the mask and the image alone. */
export function promptFor(mask: Mask, maker: PromptMaker): FramePrompt {
  const { options, decoder } = maker;
  const { usePoints, useBox, useMask } = options;
  const box = useBox ? boxOf(mask, maker) : null;
  const useNegativePoint = usePoints && options.useNegativePoint;
  const points =
    usePoints || useMask ? guidePoints(mask, { distance: options.distance, useNegativePoint }) : null;
  const sparse = {
    positive: usePoints && points !== null ? points.positive : null,
    negative: points?.negative ?? null,
    box,
  };
  return {
    ...sparsePrompt(sparse, decoder.frame, decoder.pointSlots),
    maskLogits: useMask && points !== null ? maskLogitsOf(mask, points, box, maker) : null,
  };
}

function boxOf(mask: Mask, { decoder, options, products }: PromptMaker): PromptBox {
  const { features, frame } = decoder;
  return elasticBox(mask, features, frame, options.expandThreshold, products ?? undefined);
}

function maskLogitsOf(
  mask: Mask,
  points: GuidePoints,
  box: PromptBox | null,
  { decoder, options, taps }: PromptMaker,
): Float32Array {
  const { falloff, spread } = options;
  const asked = box?.expanded === true ? options.expandedAmplitude : options.amplitude;
  const amplitude = decoder.maskAmplitude ?? asked;
  return maskPrompt(mask, points, decoder.frame, { falloff, amplitude, spread }, taps);
}

/** Points and box corners of one mask as pixel indices in the image; null for what is not prompted. */
export interface SparsePrompt {
  readonly positive: Point | null;
  readonly negative: Point | null;
  readonly box: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number } | null;
}

/**
 * Points as the decoder takes them: scaled to the input frame per axis (SAM's `apply_coords_torch`, in its float32),
 * positive, negative, box corners. Without fixed slots only what is there is given, and one padding point when there
 * is no box, as SAM's prompt encoder appends; so a mask alone is prompted with the padding point too, as in SAM's ONNX
 * export. With `pointSlots` every slot is filled, absent points by padding ones.
 */
export function sparsePrompt(
  prompt: SparsePrompt,
  frame: Frame,
  pointSlots: number | null,
): { coords: Float32Array; labels: readonly PointLabel[] } {
  const { positive, negative, box } = prompt;
  const slots: readonly (readonly [Point | null, PointLabel])[] = [
    [positive, 1],
    [negative, 0],
    [box === null ? null : { x: box.x0, y: box.y0 }, 2],
    [box === null ? null : { x: box.x1, y: box.y1 }, 3],
  ];
  const given: (readonly [Point | null, PointLabel])[] =
    pointSlots === null ? slots.filter(([point]) => point !== null) : [...slots];
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
