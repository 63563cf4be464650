import type { Box, Size } from './types.js';

/** Least context on each side of an object, as a share of its longer side. */
const CONTEXT = 0.2;
/** Views differ in size by this factor. */
const SCALE_STEP = Math.SQRT2;
/** Views of a size lie on a grid of this share of their side, or on the wide one where that leaves an object room. */
const GRID_SHARE = 1 / 4;
const WIDE_GRID_SHARE = 1 / 2;
/** Smaller views, as a share of the model's input size, would show an object larger but not better. */
const LEAST_SHARE_OF_INPUT = 1 / 2;

/**
 * The part of an image that an object, given by its box, is looked at in; null for the whole image, where no part shows
 * more: the object is too large for that, or the model sees the whole image at full detail. It is the smallest of a
 * fixed set that holds the object with its context: squares of the image's longest side divided by powers of √2, on a
 * grid, cut off at the image. So an object's view depends on nothing but its own box and the image, and objects close
 * together often have the same one, as has an object that a click has changed a little. `samrefiner eval` measures what it
 * brings and costs.
 *
 * @param inputSize longest side of what the model sees, in pixels
 */
export function zoomView(box: Box, image: Size, inputSize: number): Box | null {
  const longest = Math.max(image.width, image.height);
  if (longest <= inputSize) return null;
  // Two pixels more, because places on the grid are rounded.
  const needed = Math.max(box.x1 - box.x0, box.y1 - box.y0) * (1 + 2 * CONTEXT) + 2;
  // The nearest place on the grid is off by half a step at most, on either side.
  const least = Math.max(needed / (1 - GRID_SHARE), inputSize * LEAST_SHARE_OF_INPUT);
  let side = longest;
  for (let power = 1; longest / SCALE_STEP ** power >= least; power++) {
    side = Math.ceil(longest / SCALE_STEP ** power);
  }
  if (side === longest) return null;
  return squareAround(
    box,
    side,
    needed <= side * (1 - WIDE_GRID_SHARE) ? WIDE_GRID_SHARE : GRID_SHARE,
    image,
  );
}

/**
 * Where to look for something that has been clicked on and whose size nobody has said: the whole image (null), and about
 * the clicks, given by their box, parts of half, a quarter and so on of its longest side, as long as they are at least half
 * as large as what the model sees and hold all clicks. They lie on the grid that `zoomView` uses.
 */
export function viewsOfAnySize(clicks: Box, image: Size, inputSize: number): readonly (Box | null)[] {
  const longest = Math.max(image.width, image.height);
  const needed = Math.max(clicks.x1 - clicks.x0, clicks.y1 - clicks.y0) + 2;
  const least = Math.max(needed / (1 - GRID_SHARE), inputSize * LEAST_SHARE_OF_INPUT);
  const views: (Box | null)[] = [null];
  for (let side = Math.ceil(longest / 2); side >= least && longest > inputSize; side = Math.ceil(side / 2)) {
    views.push(squareAround(clicks, side, GRID_SHARE, image));
  }
  return views;
}

/** A square part, cut off at the image, on a grid of `gridShare` of its side. */
function squareAround(box: Box, side: number, gridShare: number, image: Size): Box {
  const step = side * gridShare;
  const [x0, x1] = spanAround((box.x0 + box.x1) / 2, { side, step, length: image.width });
  const [y0, y1] = spanAround((box.y0 + box.y1) / 2, { side, step, length: image.height });
  return { x0, y0, x1, y1 };
}

interface Axis {
  readonly side: number;
  readonly step: number;
  /** Of the image. */
  readonly length: number;
}

/** Of the grid's spans along one axis the one whose middle is nearest, moved into the image. */
function spanAround(middle: number, { side, step, length }: Axis): readonly [number, number] {
  if (side >= length) return [0, length];
  const wished = Math.round(Math.round((middle - side / 2) / step) * step);
  const start = Math.max(0, Math.min(wished, length - side));
  return [start, start + side];
}
