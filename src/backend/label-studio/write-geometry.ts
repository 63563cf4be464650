import type { RefinedShape, Ring } from '../../formats/rough-shape.js';
import type { Size } from '../../refiner/types.js';
import type { JsonObject } from './json-object.js';

/**
 * The geometry keys of a result's `value` for a refined shape: pixels become percent of `image`, within the 0–100 that
 * Label Studio's validation takes (note 3.2). Null when that shape cannot be said in these bounds, which happens to
 * turned boxes whose first corner lies outside the image, and for kinds that Label Studio does not have.
 *
 * A `png` is expected to have the mask in its alpha channel already. `nearDegrees` picks among the equal writings of
 * an ellipse the one turned most like the rough one.
 */
export function geometryOf(shape: RefinedShape, image: Size, nearDegrees: number): JsonObject | null {
  switch (shape.kind) {
    case 'brush-rle':
      return { format: 'rle', rle: shape.rle };
    case 'png':
      return { imageDataURL: `data:image/png;base64,${Buffer.from(shape.bytes).toString('base64')}` };
    case 'polygon':
      return shape.ring.length < 6 ? null : { points: percentPoints(shape.ring, image), closed: true };
    case 'rectangle':
      return rectangle(shape, image);
    case 'ellipse':
      return ellipse(shape, image, nearDegrees);
    case 'coco-rle':
    case 'cvat-mask':
    case 'rings':
      return null;
  }
}

function percentPoints(ring: Ring, image: Size): readonly (readonly [number, number])[] {
  const points: (readonly [number, number])[] = [];
  for (let i = 0; i + 1 < ring.length; i += 2) {
    points.push([percent(ring[i] ?? 0, image.width), percent(ring[i + 1] ?? 0, image.height)]);
  }
  return points;
}

function rectangle(shape: RefinedShape & { kind: 'rectangle' }, image: Size): JsonObject | null {
  const exact = [
    shape.x / image.width,
    shape.y / image.height,
    shape.width / image.width,
    shape.height / image.height,
  ];
  // Clamping moves the corner, and a turned box turns about its corner: it would shift, so it is not written at all.
  if (shape.rotationDegrees % 360 !== 0 && exact.some((share) => share < 0 || share > 1)) return null;
  return {
    x: percent(shape.x, image.width),
    y: percent(shape.y, image.height),
    width: percent(shape.width, image.width),
    height: percent(shape.height, image.height),
    rotation: shape.rotationDegrees,
  };
}

/** Turning by 90° and swapping the radii gives the same ellipse, but other percentages of a non-square image. */
function ellipse(
  shape: RefinedShape & { kind: 'ellipse' },
  image: Size,
  nearDegrees: number,
): JsonObject | null {
  const writings = [0, 90, 180, 270].map((turn) => {
    const swapped = turn % 180 !== 0;
    const radiusX = (100 * (swapped ? shape.radiusY : shape.radiusX)) / image.width;
    const radiusY = (100 * (swapped ? shape.radiusX : shape.radiusY)) / image.height;
    return { radiusX, radiusY, rotation: (((shape.rotationDegrees + turn) % 360) + 360) % 360 };
  });
  const best = writings
    .filter(({ radiusX, radiusY }) => radiusX <= 50 && radiusY <= 50)
    .sort((a, b) => angleBetween(a.rotation, nearDegrees) - angleBetween(b.rotation, nearDegrees))[0];
  return best ? { x: percent(shape.x, image.width), y: percent(shape.y, image.height), ...best } : null;
}

function angleBetween(a: number, b: number): number {
  const turn = (((a - b) % 360) + 360) % 360;
  return Math.min(turn, 360 - turn);
}

function percent(px: number, sidePx: number): number {
  return Math.min(100, Math.max(0, (100 * px) / sidePx));
}
