/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over paths */
import { firstCentreFrom } from '../refiner/fill-polygon.js';
import { tightenMask } from '../refiner/mask.js';
import type { Box, Mask, Size } from '../refiner/types.js';
import { requireCoordinates, requireShape } from './require-shape.js';
import type { BrushStroke } from './rough-shape.js';
import { roundLineRow, type RoundLine } from './round-line.js';
import { toPixels } from './to-pixels.js';

/** Work limits: rows of all lines together, and pixels painted. Beyond them a worker would be busy for seconds. */
export const MAX_STROKE_ROWS = 20_000_000;
export const MAX_STROKE_PIXELS = 20_000_000_000;

/**
 * Paints brush and eraser strokes, in their order, over the mask `under`: the pixels of `image` whose centres lie within
 * half a stroke's width of its path, so with round caps and joins; a path of one point is a dot. What lies outside the
 * image is cut off. Source: Label Studio protocol note section 4.3, its draft form.
 *
 * Throws SHAPE_INVALID for a path of odd length, numbers that are not finite, a negative width, and more work than the
 * limits above.
 */
export function drawStrokes(strokes: readonly BrushStroke[], under: Mask, image: Size): Mask {
  const lines = strokes.flatMap((stroke, index) => linesOf(stroke, `stroke ${index}`, image));
  requireLittleWork(lines, image);
  const box = lines.reduce(
    (hull, { line, erases }) => (erases ? hull : hullOf(hull, boundsOf(line, image))),
    under.box,
  );
  const width = box.x1 - box.x0;
  const data = new Uint8Array(width * (box.y1 - box.y0));
  copyMask(under, data, box);
  for (const { line, erases } of lines) paint(line, erases ? 0 : 1, data, box);
  return tightenMask({ imageWidth: image.width, imageHeight: image.height, box, data });
}

interface PaintedLine {
  readonly line: RoundLine;
  readonly erases: boolean;
}

function linesOf(
  { path, widthPercent, erases }: BrushStroke,
  name: string,
  image: Size,
): readonly PaintedLine[] {
  requireShape(path.length % 2 === 0, name, 'pairs of x and y', `${path.length} numbers`);
  requireShape(widthPercent >= 0, name, 'a width of 0 or more', widthPercent);
  const radius = (widthPercent * image.width) / 200;
  const points = toPixels(path, 'percent', image);
  requireCoordinates([...points, radius], name);
  const lines: PaintedLine[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const before = Math.max(0, i - 2);
    // The first point alone is a line only when nothing follows it.
    if (i === 0 && points.length > 2) continue;
    const line = { ax: points[before]!, ay: points[before + 1]!, bx: points[i]!, by: points[i + 1]!, radius };
    lines.push({ line, erases });
  }
  return lines;
}

function requireLittleWork(lines: readonly PaintedLine[], image: Size): void {
  let rows = 0;
  let pixels = 0;
  for (const { line } of lines) {
    const { x0, y0, x1, y1 } = boundsOf(line, image);
    rows += y1 - y0;
    pixels += (x1 - x0) * (y1 - y0);
  }
  requireShape(rows <= MAX_STROKE_ROWS, 'strokes', `at most ${MAX_STROKE_ROWS} rows of lines`, rows);
  requireShape(pixels <= MAX_STROKE_PIXELS, 'strokes', `at most ${MAX_STROKE_PIXELS} painted pixels`, pixels);
}

/** The pixels of the image that a line may reach; empty (x0 = x1 or y0 = y1) when there are none. */
function boundsOf({ ax, ay, bx, by, radius }: RoundLine, image: Size): Box {
  const x0 = Math.max(0, Math.floor(Math.min(ax, bx) - radius));
  const y0 = Math.max(0, Math.floor(Math.min(ay, by) - radius));
  const x1 = Math.min(image.width, Math.ceil(Math.max(ax, bx) + radius));
  const y1 = Math.min(image.height, Math.ceil(Math.max(ay, by) + radius));
  return { x0, y0, x1: Math.max(x0, x1), y1: Math.max(y0, y1) };
}

function hullOf(a: Box, b: Box): Box {
  if (b.x0 >= b.x1 || b.y0 >= b.y1) return a;
  if (a.x0 >= a.x1 || a.y0 >= a.y1) return b;
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}

function copyMask({ box: from, data: source }: Mask, target: Uint8Array, box: Box): void {
  const sourceWidth = from.x1 - from.x0;
  for (let y = from.y0; y < from.y1; y += 1) {
    const row = source.subarray((y - from.y0) * sourceWidth, (y - from.y0 + 1) * sourceWidth);
    target.set(row, (y - box.y0) * (box.x1 - box.x0) + from.x0 - box.x0);
  }
}

function paint(line: RoundLine, value: 0 | 1, data: Uint8Array, box: Box): void {
  const width = box.x1 - box.x0;
  const { ay, by, radius } = line;
  const from = Math.max(box.y0, firstCentreFrom(Math.min(ay, by) - radius));
  const to = Math.min(box.y1, Math.floor(Math.max(ay, by) + radius - 0.5) + 1);
  for (let y = from; y < to; y += 1) {
    const span = roundLineRow(line, y + 0.5);
    if (span === null) continue;
    const start = Math.max(box.x0, firstCentreFrom(span.from));
    const end = Math.min(box.x1, Math.floor(span.to - 0.5) + 1);
    const row = (y - box.y0) * width - box.x0;
    if (start < end) data.fill(value, row + start, row + end);
  }
}
