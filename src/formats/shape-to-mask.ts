import { RefinerError } from '../errors.js';
import type { Mask, Size } from '../refiner/types.js';
import { unionMasks } from '../refiner/union.js';
import { decodeCocoRle } from './coco-rle.js';
import { decodeCvatMask } from './cvat-mask.js';
import { drawEllipse } from './draw-ellipse.js';
import { drawPolygon } from './draw-polygon.js';
import { drawRectangle } from './draw-rectangle.js';
import { drawStrokes } from './draw-strokes.js';
import { decodeBrushRle } from './label-studio-rle.js';
import { decodeMaskImage } from './mask-image.js';
import type { RoughShape } from './rough-shape.js';

/**
 * Draws a rough shape as a mask of `image` (pixels, after EXIF orientation). The result may be empty.
 *
 * Throws SHAPE_INVALID for geometry that cannot be drawn, RLE_INVALID and RLE_SIZE_MISMATCH for damaged codes,
 * IMAGE_SIZE_MISMATCH for a code or mask image made for another size, MASK_NOT_READABLE for a broken mask image.
 */
export async function shapeToMask(shape: RoughShape, image: Size): Promise<Mask> {
  switch (shape.kind) {
    case 'brush-rle':
      requireSameSize(shape, image);
      return decodeBrushRle(shape.rle, shape.width, shape.height);
    case 'brush-strokes': {
      const under: Mask[] = [];
      for (const layer of shape.under) under.push(await shapeToMask(layer, image));
      return drawStrokes(shape.strokes, unionMasks(under, image), image);
    }
    case 'coco-rle':
      requireSameSize(shape, image);
      return decodeCocoRle(shape.counts, shape.width, shape.height);
    case 'cvat-mask':
      return decodeCvatMask(shape.points, image);
    case 'image':
      return decodeMaskImage(shape.bytes, image);
    case 'polygon':
      return drawPolygon(shape, image);
    case 'rectangle':
      return drawRectangle(shape, image);
    case 'ellipse':
      return drawEllipse(shape, image);
  }
}

function requireSameSize(shape: Size, image: Size): void {
  if (shape.width === image.width && shape.height === image.height) return;
  throw new RefinerError('IMAGE_SIZE_MISMATCH', {
    where: 'the run-length code',
    expected: `${image.width} × ${image.height} pixels`,
    received: `${shape.width} × ${shape.height} pixels`,
  });
}
