import { Ajv } from 'ajv';
import { RefinerError } from '../errors.js';
import type { RoughShape } from '../formats/rough-shape.js';
import type { Size } from '../refiner/types.js';

/** An image of a COCO file with the shapes that are annotated on it. */
export interface CocoImage {
  readonly fileName: string;
  /** As the file says; null if it does not. */
  readonly size: Size | null;
  readonly shapes: readonly RoughShape[];
}

interface CocoFile {
  readonly images: readonly {
    readonly id: number | string;
    readonly file_name: string;
    readonly width?: number;
    readonly height?: number;
  }[];
  readonly annotations: readonly {
    readonly image_id: number | string;
    readonly iscrowd?: number | boolean;
    readonly segmentation?: unknown;
  }[];
}

interface CocoRle {
  readonly size: readonly [number, number];
  readonly counts: string | readonly number[];
}

const ID = { type: ['integer', 'string'] };

const COCO_SCHEMA = {
  type: 'object',
  required: ['images', 'annotations'],
  properties: {
    images: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'file_name'],
        properties: {
          id: ID,
          file_name: { type: 'string', minLength: 1, maxLength: 1000 },
          width: { type: 'integer', minimum: 1 },
          height: { type: 'integer', minimum: 1 },
        },
      },
    },
    annotations: {
      type: 'array',
      items: { type: 'object', required: ['image_id'], properties: { image_id: ID } },
    },
  },
};

const RLE_SCHEMA = {
  type: 'object',
  required: ['size', 'counts'],
  properties: {
    size: { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 2, maxItems: 2 },
    counts: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'number' } }] },
  },
};

const POLYGONS_SCHEMA = {
  type: 'array',
  minItems: 1,
  items: { type: 'array', minItems: 6, items: { type: 'number' } },
};

/**
 * The images of a COCO instances file that have segmentations, in the order of the file. Polygons of one object are drawn
 * together; crowds are left out, since they are many objects in one. `giveWay` is waited for at every annotation. Throws
 * MASK_NOT_READABLE.
 */
export async function cocoImages(
  file: unknown,
  giveWay: () => void | Promise<void> = () => undefined,
): Promise<readonly CocoImage[]> {
  const ajv = new Ajv({ allowUnionTypes: true });
  const isFile = ajv.compile<CocoFile>(COCO_SCHEMA);
  const isRle = ajv.compile<CocoRle>(RLE_SCHEMA);
  const isPolygons = ajv.compile<readonly (readonly number[])[]>(POLYGONS_SCHEMA);
  if (!isFile(file)) {
    const error = isFile.errors?.[0];
    const where = `COCO file${error?.instancePath ?? ''}`;
    throw new RefinerError('MASK_NOT_READABLE', { where, expected: error?.message ?? 'another form' });
  }
  const shapes = new Map<number | string, RoughShape[]>();
  for (const { image_id: image, iscrowd, segmentation } of file.annotations) {
    await giveWay();
    if (iscrowd === 1 || iscrowd === true) continue;
    const own = shapes.get(image) ?? [];
    shapes.set(image, own);
    if (isPolygons(segmentation)) own.push({ kind: 'polygon', unit: 'pixel', rings: segmentation });
    else if (isRle(segmentation)) {
      const [height, width] = segmentation.size;
      own.push({ kind: 'coco-rle', counts: segmentation.counts, width, height });
    }
  }
  return file.images.flatMap(({ id, file_name: fileName, width, height }) => {
    const own = shapes.get(id) ?? [];
    const size = width === undefined || height === undefined ? null : { width, height };
    return own.length === 0 ? [] : [{ fileName, size, shapes: own }];
  });
}
