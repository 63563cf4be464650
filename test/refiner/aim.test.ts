import fc from 'fast-check';
import assert from 'node:assert/strict';
import test from 'node:test';
import { maskClicked, masksInside, type Click } from '../../src/refiner/aim.js';
import type { RankedMask } from '../../src/refiner/mask-at-point.js';
import { emptyMask, maskFromBitmap, pixelAt } from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';
import { bitmaps } from '../support/bitmaps.js';

const IMAGE = { width: 200, height: 150 };

function square(x0: number, y0: number, side: number): Mask {
  const pixels = new Uint8Array(IMAGE.width * IMAGE.height);
  for (let y = y0; y < y0 + side; y += 1) pixels.fill(1, y * IMAGE.width + x0, y * IMAGE.width + x0 + side);
  return maskFromBitmap(pixels, IMAGE.width, IMAGE.height);
}

const on = (x: number, y: number): Click => ({ x, y, positive: true });
const off = (x: number, y: number): Click => ({ x, y, positive: false });
const of = (rank: number, mask: Mask): RankedMask => ({ rank, mask });

const LARGE = square(10, 10, 80);
const SMALL = square(30, 30, 10);
const FAR = square(150, 100, 20);
const MASKS = [of(0, LARGE), of(0, SMALL), of(0, FAR)];

test('one click means the smallest mask under it, and corrects nothing', () => {
  assert.deepEqual(maskClicked(MASKS, [on(35, 35)], IMAGE), { mask: 1, clicks: [] });
  assert.deepEqual(maskClicked(MASKS, [on(60, 60)], IMAGE), { mask: 0, clicks: [] });
});

test('a click means a mask of the first set that has one there, though a later set has a smaller one', () => {
  const masks = [of(1, SMALL), of(0, LARGE), null, of(0, emptyMask(IMAGE))];
  assert.deepEqual(maskClicked(masks, [on(35, 35)], IMAGE), { mask: 1, clicks: [] });
});

test('a click beside a mask means the nearest within 8 pixels, but one under it in any set comes first', () => {
  assert.deepEqual(maskClicked(MASKS, [on(97.4, 50)], IMAGE), { mask: 0, clicks: [] });
  assert.deepEqual(maskClicked(MASKS, [on(98, 50)], IMAGE), { mask: null, clicks: [0] });
  const near = [of(0, square(100, 20, 10)), of(0, square(115, 20, 10)), of(1, square(111, 20, 2))];
  assert.equal(maskClicked(near, [on(113.6, 25)], IMAGE)?.mask, 1);
  assert.equal(maskClicked(near, [on(111.5, 21)], IMAGE)?.mask, 2);
});

test('on a large image a click may be farther off', () => {
  const width = 4000;
  const pixels = new Uint8Array(width * 10).fill(1, 0, 100);
  const mask = maskFromBitmap(pixels, width, 10);
  assert.equal(maskClicked([of(0, mask)], [on(118, 0.5)], { width, height: 10 })?.mask, 0);
  assert.equal(maskClicked([of(0, mask)], [on(122, 0.5)], { width, height: 10 })?.mask, null);
});

test('the newest click decides, and clicks that lie elsewhere are left out', () => {
  assert.deepEqual(maskClicked(MASKS, [on(60, 60), on(160, 110)], IMAGE), { mask: 2, clicks: [] });
  assert.deepEqual(maskClicked(MASKS, [off(60, 60), off(160, 110)], IMAGE), { mask: 2, clicks: [1] });
});

test('a negative click in a mask corrects it', () => {
  assert.deepEqual(maskClicked(MASKS, [off(60, 60)], IMAGE), { mask: 0, clicks: [0] });
});

test('a negative click on no mask corrects the mask of the positive click before it', () => {
  const clicks = [on(155, 105), off(130, 90)];
  assert.deepEqual(maskClicked(MASKS, clicks, IMAGE), { mask: 2, clicks: [0, 1] });
});

test('several clicks in one mask are all told to the model', () => {
  const clicks = [on(60, 60), on(70, 70), off(85, 85)];
  assert.deepEqual(maskClicked(MASKS, clicks, IMAGE), { mask: 0, clicks: [0, 1, 2] });
});

test('clicks on no mask make a new one together, without those that were meant for masks', () => {
  const clicks = [on(60, 60), on(130, 40), on(120, 60)];
  assert.deepEqual(maskClicked(MASKS, clicks, IMAGE), { mask: null, clicks: [1, 2] });
});

test('a negative click on a mask holds a new one off it, when the new one has been begun', () => {
  const clicks = [on(130, 40), off(60, 60)];
  assert.deepEqual(maskClicked(MASKS, clicks, IMAGE), { mask: null, clicks: [0, 1] });
});

test('negative clicks alone, on no mask, and no clicks at all mean nothing', () => {
  assert.equal(maskClicked(MASKS, [off(130, 40)], IMAGE), null);
  assert.equal(maskClicked(MASKS, [], IMAGE), null);
});

test('what a click means always lies under it or near it', () => {
  fc.assert(
    fc.property(
      fc.array(bitmaps(), { maxLength: 4 }),
      fc.double({ min: -5, max: 45, noNaN: true }),
      fc.double({ min: -5, max: 45, noNaN: true }),
      (drawn, x, y) => {
        const masks = drawn.map(({ width, height, pixels }, i) =>
          of(i % 2, maskFromBitmap(pixels, width, height)),
        );
        const meant = maskClicked(masks, [on(x, y)], { width: 40, height: 40 })?.mask ?? null;
        const under = masks.filter(({ mask }) => pixelAt(mask, Math.floor(x), Math.floor(y)) === 1);
        if (under.length > 0) assert.ok(meant !== null && under.includes(masks[meant] ?? of(0, LARGE)));
        const mask = meant === null ? null : masks[meant]?.mask;
        if (!mask) return;
        const { x0, y0, x1, y1 } = mask.box;
        assert.ok(x >= x0 - 8 && x <= x1 + 8 && y >= y0 - 8 && y <= y1 + 8);
      },
    ),
  );
});

test('an area means the masks of the first set that lie in it by more than half', () => {
  const area = square(0, 0, 60);
  assert.deepEqual(masksInside(MASKS, area), [1]);
  assert.deepEqual(masksInside(MASKS, square(5, 5, 90)), [0, 1]);
  assert.deepEqual(masksInside([of(1, SMALL), null, of(0, FAR), of(2, SMALL)], area), [0]);
  assert.deepEqual(masksInside([of(0, emptyMask(IMAGE)), of(0, FAR)], area), []);
  assert.deepEqual(masksInside([of(0, square(50, 10, 20))], area), []);
  assert.deepEqual(masksInside([of(0, square(49, 10, 20))], area), [0]);
});
