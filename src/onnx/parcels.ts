import type { RefinedShape, RoughShape } from '../formats/rough-shape.js';
import type { ShapeRequest } from './inference.js';

/** Roughly how many bytes a message between the server and a worker may have; a larger one would hold up its sender. */
export const PARCEL_BYTES = 1 << 20;

const NUMBER_BYTES = 9;
const SHAPE_BYTES = 200;
/** A point of guidance is an object of three members. */
const POINT_BYTES = 50;

/** Splits items, in order, into groups of about `PARCEL_BYTES`; an item larger than that is a group of its own. */
export function* parcelsOf<Item>(items: readonly Item[], bytesOf: (item: Item) => number): Generator<Item[]> {
  let parcel: Item[] = [];
  let parcelBytes = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    if (parcel.length > 0 && parcelBytes + bytes > PARCEL_BYTES) {
      yield parcel;
      parcel = [];
      parcelBytes = 0;
    }
    parcel.push(item);
    parcelBytes += bytes;
  }
  if (parcel.length > 0) yield parcel;
}

/** About the bytes that a request for one shape takes in a message. */
export function requestBytes({ shape, guidance }: ShapeRequest): number {
  const points = guidance?.points.length ?? 0;
  return (shape === null ? SHAPE_BYTES : shapeBytes(shape)) + points * POINT_BYTES;
}

/** About the bytes that a shape takes in a message. */
export function shapeBytes(shape: RoughShape | RefinedShape): number {
  switch (shape.kind) {
    case 'brush-rle':
      return SHAPE_BYTES + shape.rle.byteLength;
    case 'brush-strokes': {
      const paths = shape.strokes.map(({ path }) => path);
      return shape.under.reduce((bytes, layer) => bytes + shapeBytes(layer), SHAPE_BYTES + ringsBytes(paths));
    }
    case 'image':
    case 'png':
      return SHAPE_BYTES + shape.bytes.byteLength;
    case 'coco-rle':
      return SHAPE_BYTES + shape.counts.length * (typeof shape.counts === 'string' ? 1 : NUMBER_BYTES);
    case 'cvat-mask':
      return SHAPE_BYTES + shape.points.length * NUMBER_BYTES;
    case 'polygon':
      return SHAPE_BYTES + ('ring' in shape ? shape.ring.length * NUMBER_BYTES : ringsBytes(shape.rings));
    case 'rings':
      return SHAPE_BYTES + ringsBytes(shape.rings);
    case 'rectangle':
    case 'ellipse':
      return SHAPE_BYTES;
  }
}

function ringsBytes(rings: readonly (readonly number[])[]): number {
  return rings.reduce((bytes, ring) => bytes + ring.length * NUMBER_BYTES, 0);
}
