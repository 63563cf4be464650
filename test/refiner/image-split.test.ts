import assert from 'node:assert/strict';
import test from 'node:test';
import { isHeldOut, SPLIT_DEFAULTS, splitByImage } from '../../src/refiner/image-split.js';

const IMAGES = Array.from({ length: 4000 }, (_, i) => ({ image: `/data/upload/${i}.jpg` }));

test('about the asked share of the images is held out, whatever the seed', () => {
  for (const seed of [0, 1, 585, 2 ** 31]) {
    for (const heldOutShare of [0, 0.1, 0.3, 0.5, 1]) {
      const { training, heldOut } = splitByImage(IMAGES, { heldOutShare, seed });
      assert.equal(training.length + heldOut.length, IMAGES.length);
      assert.ok(Math.abs(heldOut.length / IMAGES.length - heldOutShare) < 0.03, `${heldOut.length}`);
    }
  }
});

test('examples of one image stay on one side, in their order', () => {
  const examples = IMAGES.flatMap(({ image }, i) => [
    { image, id: 2 * i },
    { image, id: 2 * i + 1 },
  ]);
  const { training, heldOut } = splitByImage(examples, SPLIT_DEFAULTS);
  const trained = new Set(training.map(({ image }) => image));
  assert.ok(heldOut.every(({ image }) => !trained.has(image)));
  for (const side of [training, heldOut]) {
    assert.deepEqual(
      side,
      side.toSorted((a, b) => a.id - b.id),
    );
  }
});

test('seeds draw the line independently of each other', () => {
  const both = IMAGES.filter(({ image }) => {
    return (
      isHeldOut(image, { heldOutShare: 0.5, seed: 0 }) && isHeldOut(image, { heldOutShare: 0.5, seed: 1 })
    );
  });
  assert.ok(Math.abs(both.length / IMAGES.length - 0.25) < 0.03);
});
