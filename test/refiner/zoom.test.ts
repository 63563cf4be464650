import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Box, Size } from '../../src/refiner/types.js';
import { viewsOfAnySize, zoomView } from '../../src/refiner/zoom.js';

const INPUT_SIZE = 512;

interface Placed {
  readonly image: Size;
  readonly box: Box;
}

const anyPlaced: fc.Arbitrary<Placed> = fc
  .record({ width: fc.integer({ min: 1, max: 8000 }), height: fc.integer({ min: 1, max: 8000 }) })
  .chain((image) => {
    const span = (length: number): fc.Arbitrary<[number, number]> =>
      fc
        .tuple(fc.nat(length - 1), fc.double({ min: 0, max: 1, noNaN: true }))
        .map(([from, share]) => [from, from + 1 + Math.floor((length - 1 - from) * share ** 3)]);
    return fc
      .tuple(span(image.width), span(image.height))
      .map(([[x0, x1], [y0, y1]]) => ({ image, box: { x0, y0, x1, y1 } }));
  });

function side(box: Box): number {
  return Math.max(box.x1 - box.x0, box.y1 - box.y0);
}

test('a view lies in the image and holds the object with its context, as far as the image has it', () => {
  fc.assert(
    fc.property(anyPlaced, ({ image, box }) => {
      const view = zoomView(box, image, INPUT_SIZE);
      if (view === null) return;
      const context = Math.floor(0.2 * side(box));
      for (const edge of [view.x0, view.y0, view.x1, view.y1]) assert.ok(Number.isInteger(edge));
      assert.ok(view.x0 >= 0 && view.y0 >= 0 && view.x1 <= image.width && view.y1 <= image.height);
      assert.ok(view.x0 <= Math.max(0, box.x0 - context) && view.y0 <= Math.max(0, box.y0 - context));
      assert.ok(view.x1 >= Math.min(image.width, box.x1 + context));
      assert.ok(view.y1 >= Math.min(image.height, box.y1 + context));
    }),
    { numRuns: 2000 },
  );
});

test('a view shows more than the whole image does, and is never larger than it needs to be by much', () => {
  fc.assert(
    fc.property(anyPlaced, ({ image, box }) => {
      const view = zoomView(box, image, INPUT_SIZE);
      const longest = Math.max(image.width, image.height);
      if (view === null) return;
      assert.ok(side(view) <= Math.ceil(longest / Math.SQRT2));
      assert.ok(side(view) >= INPUT_SIZE / 2 || side(view) === image.width || side(view) === image.height);
    }),
    { numRuns: 1000 },
  );
});

test('objects that lie close together share a view, and one that changes a little keeps it', () => {
  const image = { width: 6000, height: 4000 };
  const views = new Set<string>();
  for (let x = 0; x < 5; x++) {
    for (let y = 0; y < 5; y++) {
      const x0 = 2000 + 30 * x;
      const y0 = 1500 + 30 * y;
      views.add(JSON.stringify(zoomView({ x0, y0, x1: x0 + 20, y1: y0 + 20 }, image, INPUT_SIZE)));
    }
  }
  assert.ok(views.size <= 4, `${views.size} views of 25 objects`);
  const object = { x0: 3000, y0: 2000, x1: 3300, y1: 2200 };
  const changed = { ...object, x1: 3310, y0: 1995 };
  assert.deepEqual(zoomView(changed, image, INPUT_SIZE), zoomView(object, image, INPUT_SIZE));
});

test('an object that fills much of its image is looked at in the whole of it', () => {
  const image = { width: 3000, height: 2000 };
  assert.equal(zoomView({ x0: 100, y0: 100, x1: 2000, y1: 1900 }, image, INPUT_SIZE), null);
  assert.equal(zoomView({ x0: 0, y0: 0, x1: 3000, y1: 2000 }, image, INPUT_SIZE), null);
});

test('an image that the model sees at full detail anyway is never cut up', () => {
  fc.assert(
    fc.property(anyPlaced, ({ image, box }) => {
      const longest = Math.max(image.width, image.height);
      assert.equal(zoomView(box, image, longest), null);
    }),
  );
});

test('views of any size are the whole image and ever smaller parts that lie in it and hold the clicks', () => {
  fc.assert(
    fc.property(anyPlaced, ({ image, box }) => {
      const [whole, ...parts] = viewsOfAnySize(box, image, INPUT_SIZE);
      assert.equal(whole, null);
      let larger = Math.max(image.width, image.height);
      assert.ok(parts.length === 0 || larger > INPUT_SIZE);
      for (const part of parts) {
        assert.ok(part !== null && side(part) < larger && side(part) >= INPUT_SIZE / 2);
        assert.ok(part.x0 >= 0 && part.y0 >= 0 && part.x1 <= image.width && part.y1 <= image.height);
        assert.ok(part.x0 <= box.x0 && part.y0 <= box.y0 && part.x1 >= box.x1 && part.y1 >= box.y1);
        larger = side(part);
      }
    }),
  );
});

test('an image that the model sees at full detail has no parts to look for clicks in', () => {
  const click = { x0: 100, y0: 100, x1: 101, y1: 101 };
  assert.deepEqual(viewsOfAnySize(click, { width: 512, height: 300 }, INPUT_SIZE), [null]);
  assert.equal(viewsOfAnySize(click, { width: 4000, height: 3000 }, INPUT_SIZE).length, 4);
});
