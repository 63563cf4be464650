import type { PixelGuidance } from './guidance.js';
import { emptyMask, isEmpty } from './mask.js';
import type { Box, Mask, Point, Size } from './types.js';
import type { Verdict } from './verdict.js';

/** A mask of an image as a mask of the part of the image that `view` holds; the mask must lie in it. */
export function maskInView(mask: Mask, view: Box): Mask {
  const size = { width: view.x1 - view.x0, height: view.y1 - view.y0 };
  return placed(mask, { x: -view.x0, y: -view.y0 }, size);
}

/** The reverse: a mask of the part as a mask of the whole image. */
export function maskFromView(mask: Mask, view: Box, image: Size): Mask {
  return placed(mask, { x: view.x0, y: view.y0 }, image);
}

/** A verdict on a mask of the part as one on a mask of the whole image; its figures are shares and stay as they are. */
export function verdictFromView(verdict: Verdict, view: Box, image: Size): Verdict {
  return { ...verdict, mask: maskFromView(verdict.mask, view, image) };
}

/** Clicks and box that lie in the view, as pixels of the part. */
export function guidanceInView({ positives, negatives, box }: PixelGuidance, view: Box): PixelGuidance {
  const { x0: dx, y0: dy } = view;
  const inView = ({ x, y }: Point): Point => ({ x: x - dx, y: y - dy });
  return {
    positives: positives.map(inView),
    negatives: negatives.map(inView),
    box: box && { x0: box.x0 - dx, y0: box.y0 - dy, x1: box.x1 - dx, y1: box.y1 - dy },
  };
}

function placed(mask: Mask, by: Point, image: Size): Mask {
  if (isEmpty(mask)) return emptyMask(image);
  const { x0, y0, x1, y1 } = mask.box;
  return {
    imageWidth: image.width,
    imageHeight: image.height,
    box: { x0: x0 + by.x, y0: y0 + by.y, x1: x1 + by.x, y1: y1 + by.y },
    data: mask.data,
  };
}
