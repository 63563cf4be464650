import type { CellProducts } from './cell-products.js';
import { cellProductsOf } from './cell-products.js';
import type { FeatureGrid } from './engine.js';
import type { PixelSimilarity } from './mask-similarity.js';
import { similarityTo } from './mask-similarity.js';
import type { Box, Frame, Mask } from './types.js';

/** A box prompt. Unlike `Box`, its corners are the pixels in the corners themselves: `x1` and `y1` are inclusive. */
export interface PromptBox {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  /** Whether any side left the tight box. */
  readonly expanded: boolean;
}

/** A side moves by this share of the box, but by no more than so many pixels. */
const STEP_SHARE = 0.1;
const MAX_STEP_PX = 10;
/** Cosine above which a pixel counts as similar to the mask. */
const SIMILAR = 0.5;

/**
 * The box prompt of a mask that is not empty: its tight box, of which each side takes one step outwards where more than
 * `expandThreshold` (λ) of the pixels it would pass resemble the mask. `expandThreshold` null keeps the tight box.
 *
 * Follows the official code (`utils.py` `extract_bboxes_expand`) in what it leaves out: a box of one pixel's width or
 * height stays; the last row and column of the tight box count for no strip; a side may not reach the image's first
 * row or column; and a mask that vanishes on the feature grid resembles nothing.
 *
 * @param products what the masks of one image share, from `cellProductsOf`; made anew when left out
 */
export function elasticBox(
  mask: Mask,
  features: FeatureGrid,
  frame: Frame,
  expandThreshold: number | null,
  products?: CellProducts,
): PromptBox {
  const { x0, y0 } = mask.box;
  const x1 = mask.box.x1 - 1;
  const y1 = mask.box.y1 - 1;
  const tight = { x0, y0, x1, y1, expanded: false };
  if (expandThreshold === null || x1 === x0 || y1 === y0) return tight;
  const image = { width: frame.imageWidth, height: frame.imageHeight };
  const similarity = similarityTo(mask, products ?? cellProductsOf(features, image));
  if (similarity === null) return tight;

  const stepX = Math.min((x1 - x0) * STEP_SHARE, MAX_STEP_PX);
  const stepY = Math.min((y1 - y0) * STEP_SHARE, MAX_STEP_PX);
  const left = Math.trunc(x0 - stepX);
  const right = Math.trunc(x1 + stepX);
  const top = Math.trunc(y0 - stepY);
  const bottom = Math.trunc(y1 + stepY);
  const resembles = (strip: Box): boolean =>
    // Both sides as float32, because PyTorch compares them so.
    Math.fround(similarShare(similarity, strip)) > Math.fround(expandThreshold);

  const moves = {
    left: left > 0 && left < x0 && resembles({ x0: left, y0, x1: x0, y1 }),
    right: right < image.width && right > x1 && resembles({ x0: x1, y0, x1: right, y1 }),
    top: top > 0 && top < y0 && resembles({ x0, y0: top, x1, y1: y0 }),
    bottom: bottom < image.height && bottom > y1 && resembles({ x0, y0: y1, x1, y1: bottom }),
  };
  return {
    x0: moves.left ? left : x0,
    y0: moves.top ? top : y0,
    x1: moves.right ? right : x1,
    y1: moves.bottom ? bottom : y1,
    expanded: moves.left || moves.right || moves.top || moves.bottom,
  };
}

function similarShare(similarity: PixelSimilarity, strip: Box): number {
  let similar = 0;
  for (let y = strip.y0; y < strip.y1; y++) {
    for (let x = strip.x0; x < strip.x1; x++) if (similarity(x, y) > SIMILAR) similar++;
  }
  return similar / ((strip.x1 - strip.x0) * (strip.y1 - strip.y0));
}
