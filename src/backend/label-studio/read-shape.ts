import { Ajv, type ValidateFunction } from 'ajv';
import { RefinerError } from '../../errors.js';
import type { RoughShape } from '../../formats/rough-shape.js';
import type { Size } from '../../refiner/types.js';
import type { Region } from './region.js';
import { REGION_SCHEMAS, type RegionValues, type RegionFrame } from './region-schema.js';

/** A region's shape in its own units, and the image size that it was made for (null when the result does not say). */
export interface ReadShape {
  readonly shape: RoughShape;
  readonly madeFor: Size | null;
}

/** Throws SHAPE_INVALID or RLE_INVALID when the value is not what its type asks for. Drawing comes later. */
export type ShapeReader = (region: Region) => ReadShape;

/** Compiles the schemas once; the reader itself only checks and copies. */
export function createShapeReader(): ShapeReader {
  const ajv = new Ajv({ allowUnionTypes: true });
  const frame = ajv.compile<RegionFrame>(REGION_SCHEMAS.frame);
  const values = {
    brush: ajv.compile<RegionValues['brush']>(REGION_SCHEMAS.brush),
    bitmask: ajv.compile<RegionValues['bitmask']>(REGION_SCHEMAS.bitmask),
    polygon: ajv.compile<RegionValues['polygon']>(REGION_SCHEMAS.polygon),
    rectangle: ajv.compile<RegionValues['rectangle']>(REGION_SCHEMAS.rectangle),
    ellipse: ajv.compile<RegionValues['ellipse']>(REGION_SCHEMAS.ellipse),
  };
  return (region) => {
    const madeFor = sizeOf(checked(frame, region.shape));
    return { shape: roughShape(region, values, madeFor), madeFor };
  };
}

type Validators = { readonly [Kind in keyof RegionValues]: ValidateFunction<RegionValues[Kind]> };

function roughShape(region: Region, values: Validators, madeFor: Size | null): RoughShape {
  switch (region.kind) {
    case 'brush': {
      if (madeFor === null) throw invalid('original_width and original_height', 'a brush region');
      return brushShape(checked(values.brush, region.value), madeFor);
    }
    case 'bitmask':
      return { kind: 'image', bytes: dataUrlBytes(checked(values.bitmask, region.value).imageDataURL) };
    case 'polygon':
      return {
        kind: 'polygon',
        unit: 'percent',
        rings: [checked(values.polygon, region.value).points.flat()],
      };
    case 'rectangle': {
      const { x, y, width, height, rotation } = checked(values.rectangle, region.value);
      return { kind: 'rectangle', unit: 'percent', x, y, width, height, rotationDegrees: rotation ?? 0 };
    }
    case 'ellipse': {
      const { x, y, radiusX, radiusY, rotation } = checked(values.ellipse, region.value);
      return { kind: 'ellipse', unit: 'percent', x, y, radiusX, radiusY, rotationDegrees: rotation ?? 0 };
    }
  }
}

/** A brush mask is its code alone, or in drafts strokes that were not rendered yet, over a code or an image. */
function brushShape({ rle, maskDataURL, touches }: RegionValues['brush'], madeFor: Size): RoughShape {
  const code = rle === undefined || rle === null ? [] : [brushCode(rle, madeFor)];
  const image = maskDataURL ? [{ kind: 'image', bytes: dataUrlBytes(maskDataURL) } as const] : [];
  const strokes = (touches ?? []).map(
    ({ type, relativePoints: path, relativeStrokeWidth: widthPercent }) => ({
      erases: type === 'eraser',
      path,
      widthPercent,
    }),
  );
  const under = [...code, ...image];
  const [only] = under;
  if (strokes.length === 0 && only === undefined)
    throw invalid('rle, touches or maskDataURL', 'a brush region');
  if (strokes.length === 0 && only !== undefined && under.length === 1) return only;
  return { kind: 'brush-strokes', under, strokes };
}

function brushCode(rle: unknown, madeFor: Size): RoughShape {
  return { kind: 'brush-rle', rle: rleBytes(rle), ...madeFor };
}

function sizeOf(frame: RegionFrame): Size | null {
  const { original_width: width, original_height: height } = frame;
  return typeof width === 'number' && typeof height === 'number' ? { width, height } : null;
}

/** The bytes of an rle, which comes as an array of numbers or already packed by the JSON parser. */
function rleBytes(rle: unknown): Uint8Array {
  if (rle instanceof Uint8Array) return rle;
  if (!Array.isArray(rle)) throw new RefinerError('RLE_INVALID', { expected: 'an array of bytes' });
  const bytes = new Uint8Array(rle.length);
  for (let i = 0; i < bytes.length; i += 1) {
    const byte: unknown = rle[i];
    if (typeof byte !== 'number' || !(byte >= 0 && byte <= 255) || !Number.isInteger(byte)) {
      throw new RefinerError('RLE_INVALID', {
        where: `byte ${i}`,
        expected: '0 to 255',
        received: typeof byte,
      });
    }
    bytes[i] = byte;
  }
  return bytes;
}

function dataUrlBytes(url: string): Uint8Array {
  return new Uint8Array(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
}

function checked<T>(validate: ValidateFunction<T>, value: unknown): T {
  if (validate(value)) return value;
  const first = validate.errors?.[0];
  throw invalid(first?.message ?? 'another form', first?.instancePath ?? '');
}

function invalid(expected: string, where: string): RefinerError {
  return new RefinerError('SHAPE_INVALID', { where: where === '' ? 'the region' : where, expected });
}
