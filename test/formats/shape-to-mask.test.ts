import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RefinerError } from '../../src/errors.js';
import { maskToShape } from '../../src/formats/mask-to-shape.js';
import type { OutputForm, RefinedShape, RoughShape } from '../../src/formats/rough-shape.js';
import { shapeToMask } from '../../src/formats/shape-to-mask.js';
import { emptyMask, masksEqual } from '../../src/refiner/mask.js';
import { iou } from '../../src/refiner/metrics.js';
import type { Mask, Size } from '../../src/refiner/types.js';
import { anyMask } from '../refiner/any-mask.js';
import { maskOf } from '../refiner/drawn-mask.js';

const LOSSLESS: readonly OutputForm[] = [
  { kind: 'brush-rle' },
  { kind: 'coco-rle' },
  { kind: 'cvat-mask' },
  { kind: 'png' },
  { kind: 'rings', minIou: 1, maxVertices: 5000 },
];
const ALL_FORMS: readonly OutputForm[] = [
  ...LOSSLESS,
  { kind: 'polygon', minIou: 0.98, maxVertices: 1000 },
  { kind: 'rectangle', rotationDegrees: 30 },
  { kind: 'ellipse' },
];

/** The refined shape as the rough shape that a client would send back. */
function asRough(shape: RefinedShape, { width, height }: Size): RoughShape {
  switch (shape.kind) {
    case 'brush-rle':
      return { ...shape, width, height };
    case 'coco-rle':
    case 'cvat-mask':
      return shape;
    case 'png':
      return { kind: 'image', bytes: shape.bytes };
    case 'polygon':
      return { kind: 'polygon', unit: 'pixel', rings: [shape.ring] };
    case 'rings':
      return { kind: 'polygon', unit: 'pixel', rings: shape.rings };
    case 'rectangle':
    case 'ellipse':
      return { ...shape, unit: 'pixel' };
  }
}

function sizeOf(mask: Mask): Size {
  return { width: mask.imageWidth, height: mask.imageHeight };
}

test('a mask survives the way out and in again in every lossless form', async () => {
  await fc.assert(
    fc.asyncProperty(anyMask(), fc.constantFrom(...LOSSLESS), async (mask, form) => {
      const shape = await maskToShape(mask, form);
      assert.ok(masksEqual(await shapeToMask(asRough(shape, sizeOf(mask)), sizeOf(mask)), mask));
    }),
    { numRuns: 150 },
  );
});

test('the polygon that is handed out has the IoU that it states', async () => {
  const mask = maskOf('..####..', '.######.', '########', '########', '.######.', '..####..');
  const shape = await maskToShape(mask, { kind: 'polygon', minIou: 0.9, maxVertices: 100 });
  assert.ok(shape.kind === 'polygon' && shape.iouToMask >= 0.9);
  assert.equal(iou(await shapeToMask(asRough(shape, sizeOf(mask)), sizeOf(mask)), mask), shape.iouToMask);
});

test('a box comes back from every form that has the room for it', async () => {
  const mask = maskOf('.....', '.###.', '.###.', '.....');
  for (const form of ALL_FORMS) {
    if (form.kind === 'ellipse') continue;
    const asked = form.kind === 'rectangle' ? { ...form, rotationDegrees: 0 } : form;
    const shape = await maskToShape(mask, asked);
    assert.equal(shape.kind, form.kind);
    assert.ok(masksEqual(await shapeToMask(asRough(shape, sizeOf(mask)), sizeOf(mask)), mask), form.kind);
  }
});

test('an empty mask has no shape', async () => {
  for (const form of ALL_FORMS) {
    await assert.rejects(
      maskToShape(emptyMask({ width: 4, height: 4 }), form),
      (error) => error instanceof RefinerError && error.code === 'SHAPE_INVALID',
    );
  }
});

test('codes and mask images made for another size are refused', async () => {
  const mask = maskOf('##', '#.');
  for (const kind of ['brush-rle', 'coco-rle', 'png'] as const) {
    const rough = asRough(await maskToShape(mask, { kind }), sizeOf(mask));
    await assert.rejects(
      shapeToMask(rough, { width: 2, height: 3 }),
      (error) => error instanceof RefinerError && error.code === 'IMAGE_SIZE_MISMATCH',
    );
  }
});

test('the same mask gives the same bytes in every form', async () => {
  const mask = maskOf('..##', '.###', '##..');
  for (const form of ALL_FORMS)
    assert.deepEqual(await maskToShape(mask, form), await maskToShape(mask, form));
});
