import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { emptyMask, masksEqual, maskToBitmap, pixelAt } from '../../src/refiner/mask.js';
import { guidanceInView, maskFromView, maskInView } from '../../src/refiner/view.js';
import { anyMask } from './any-mask.js';

test('a mask moved into a view and back is the same mask, and pixel for pixel what lies in the view', () => {
  const margin = fc.nat(3);
  fc.assert(
    fc.property(anyMask(), margin, margin, margin, margin, (mask, left, top, right, bottom) => {
      const { imageWidth, imageHeight, box } = mask;
      const view = {
        x0: Math.max(0, box.x0 - left),
        y0: Math.max(0, box.y0 - top),
        x1: Math.min(imageWidth, box.x1 + right),
        y1: Math.min(imageHeight, box.y1 + bottom),
      };
      const part = maskInView(mask, view);
      maskToBitmap(part).forEach((value, i) => {
        const x = i % (view.x1 - view.x0);
        const y = Math.floor(i / (view.x1 - view.x0));
        assert.equal(value, pixelAt(mask, view.x0 + x, view.y0 + y));
      });
      const back = maskFromView(part, view, { width: imageWidth, height: imageHeight });
      assert.ok(masksEqual(back, mask));
    }),
  );
});

test('an empty mask stays one', () => {
  const view = { x0: 10, y0: 20, x1: 30, y1: 50 };
  const image = { width: 100, height: 80 };
  assert.deepEqual(maskFromView(emptyMask({ width: 20, height: 30 }), view, image), emptyMask(image));
  assert.deepEqual(maskInView(emptyMask(image), view), emptyMask({ width: 20, height: 30 }));
});

test('clicks and a box are counted from the corner of the view', () => {
  const guidance = {
    positives: [{ x: 12, y: 25 }],
    negatives: [{ x: 29, y: 49 }],
    box: { x0: 11, y0: 22, x1: 20, y1: 40 },
  };
  assert.deepEqual(guidanceInView(guidance, { x0: 10, y0: 20, x1: 30, y1: 50 }), {
    positives: [{ x: 2, y: 5 }],
    negatives: [{ x: 19, y: 29 }],
    box: { x0: 1, y0: 2, x1: 10, y1: 20 },
  });
});
