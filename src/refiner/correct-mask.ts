import { ellipseRows, type Ellipse } from './ellipse.js';
import { boundsOf, type PixelGuidance } from './guidance.js';
import { isEmpty, pixelAt, tightenMask } from './mask.js';
import type { Mask, Point } from './types.js';

/** A disc reaches beyond the nearest pixel that already agrees with its click, so that it opens the mask's outline. */
const BEYOND = 1.5;
/** Largest radius of a disc, as a share of the image's longest side. */
const MAX_RADIUS = 0.1;

/**
 * A rough mask as clicks correct it: around each click that contradicts the mask, a disc is added or taken away. It
 * reaches 1.5 times as far as the nearest pixel that agrees with the click, at most a tenth of the image's longest side
 * and half the way to a click of the other sign. A mask of which nothing would be left is not corrected.
 *
 * Prompts made from the corrected mask agree with each other; models that are taught to follow the mask pay no heed to a
 * click that it contradicts. bench/corrections.ts measures what that brings.
 */
export function correctMask(mask: Mask, { positives, negatives }: PixelGuidance): Mask {
  const missed = positives.filter(({ x, y }) => pixelAt(mask, x, y) === 0);
  const wrong = negatives.filter(({ x, y }) => pixelAt(mask, x, y) === 1);
  if (isEmpty(mask) || missed.length + wrong.length === 0) return mask;
  const added = missed.map((click) => discAround(click, mask, 1, negatives));
  const removed = wrong.map((click) => discAround(click, mask, 0, positives));
  const corrected = paint(mask, added, removed);
  return isEmpty(corrected) ? mask : corrected;
}

function discAround(click: Point, mask: Mask, agreeing: 0 | 1, opposite: readonly Point[]): Ellipse {
  const most = Math.max(1, MAX_RADIUS * Math.max(mask.imageWidth, mask.imageHeight));
  const nearest = BEYOND * distanceTo(agreeing, click, mask, most / BEYOND);
  const halfway = opposite.map(({ x, y }) => Math.hypot(x - click.x, y - click.y) / 2);
  const radius = Math.min(nearest, ...halfway);
  return { x: click.x + 0.5, y: click.y + 0.5, radiusX: radius, radiusY: radius, rotationDegrees: 0 };
}

/** Distance in pixels from a click to the nearest pixel of `value`, at most `reach`. */
function distanceTo(value: 0 | 1, { x, y }: Point, mask: Mask, reach: number): number {
  let least = reach * reach;
  const steps = Math.floor(reach);
  for (let dy = -steps; dy <= steps; dy++) {
    const row = y + dy;
    if (row < 0 || row >= mask.imageHeight) continue;
    const half = Math.floor(Math.sqrt(Math.max(0, least - dy * dy)));
    for (let column = Math.max(0, x - half); column <= Math.min(x + half, mask.imageWidth - 1); column++) {
      if (pixelAt(mask, column, row) === value) least = Math.min(least, (column - x) ** 2 + dy * dy);
    }
  }
  return Math.sqrt(least);
}

function paint(mask: Mask, added: readonly Ellipse[], removed: readonly Ellipse[]): Mask {
  const { imageWidth, imageHeight, box } = mask;
  const reached = added.flatMap(({ x, y, radiusX }) => [
    { x: Math.max(0, Math.floor(x - radiusX)), y: Math.max(0, Math.floor(y - radiusX)) },
    { x: Math.min(imageWidth, Math.ceil(x + radiusX)), y: Math.min(imageHeight, Math.ceil(y + radiusX)) },
  ]);
  const wide = boundsOf(reached, box) ?? box;
  const width = wide.x1 - wide.x0;
  const data = new Uint8Array(width * (wide.y1 - wide.y0));
  for (let y = box.y0; y < box.y1; y++) {
    const start = (y - box.y0) * (box.x1 - box.x0);
    const row = mask.data.subarray(start, start + box.x1 - box.x0);
    data.set(row, (y - wide.y0) * width + box.x0 - wide.x0);
  }
  for (const [value, discs] of [[1, added] as const, [0, removed] as const]) {
    for (const disc of discs) {
      // A click of the other sign on the same pixel leaves no room.
      if (disc.radiusX === 0) continue;
      const rows = ellipseRows(disc);
      for (let y = Math.max(wide.y0, rows.y0); y < Math.min(wide.y1, rows.y1); y++) {
        const start = Math.max(wide.x0, rows.startOf(y));
        const end = Math.min(wide.x1, rows.endOf(y));
        const offset = (y - wide.y0) * width - wide.x0;
        if (start < end) data.fill(value, offset + start, offset + end);
      }
    }
  }
  return tightenMask({ imageWidth, imageHeight, box: wide, data });
}
