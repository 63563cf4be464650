import { RefinerError } from '../errors.js';
import { fitEllipse } from '../refiner/fit-ellipse.js';
import { isEmpty } from '../refiner/mask.js';
import { polygonize, polygonizeAll } from '../refiner/polygonize.js';
import { tightRectangle } from '../refiner/tight-rectangle.js';
import type { Mask } from '../refiner/types.js';
import { withoutSpecks } from '../refiner/without-specks.js';
import { encodeCocoRle } from './coco-rle.js';
import { encodeCvatMask } from './cvat-mask.js';
import { encodeBrushRle } from './label-studio-rle.js';
import { encodeMaskPng } from './mask-image.js';
import type { OutputForm, RefinedShape } from './rough-shape.js';

/**
 * Writes a mask in the asked form; coordinates are image pixels, pixel edges at integers. The same mask gives the same
 * shape. Throws SHAPE_INVALID for an empty mask, which no form can show.
 */
export async function maskToShape(mask: Mask, form: OutputForm): Promise<RefinedShape> {
  if (isEmpty(mask)) {
    throw new RefinerError('SHAPE_INVALID', {
      where: `the mask for output as ${form.kind}`,
      expected: 'at least one foreground pixel',
      received: 'none',
    });
  }
  switch (form.kind) {
    case 'brush-rle':
      return { kind: 'brush-rle', rle: encodeBrushRle(mask) };
    case 'coco-rle':
      return { kind: 'coco-rle', ...encodeCocoRle(mask), width: mask.imageWidth, height: mask.imageHeight };
    case 'cvat-mask':
      return {
        kind: 'cvat-mask',
        points: encodeCvatMask(mask),
        ...(form.outline === undefined ? {} : { outline: polygonize(mask, form.outline).ring }),
        ...(form.box === undefined ? {} : { box: tightRectangle(withoutSpecks(mask), 0) }),
      };
    case 'png':
      return { kind: 'png', bytes: await encodeMaskPng(mask) };
    case 'polygon':
      return { kind: 'polygon', ...polygonize(mask, form) };
    case 'rings':
      return { kind: 'rings', ...polygonizeAll(mask, form) };
    case 'rectangle':
      return { kind: 'rectangle', ...tightRectangle(withoutSpecks(mask), form.rotationDegrees) };
    case 'ellipse':
      return { kind: 'ellipse', ...fitEllipse(mask) };
  }
}
