import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { RefinerError, type ErrorCode } from '../../src/errors.js';
import { decodeMaskImage, encodeMaskPng } from '../../src/formats/mask-image.js';
import { bitmapOf, bitmaps, tightMask } from '../support/bitmaps.js';

const size = { width: 4, height: 2 };

function refusedWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof RefinerError && error.code === code;
}

/** An image of one row of values per pixel, `channels` of them. */
function raw(values: readonly number[], channels: 1 | 2 | 3 | 4): Sharp {
  return sharp(Uint8Array.from(values), { raw: { ...size, channels } });
}

async function pixelsOf(image: Sharp): Promise<number[]> {
  return Array.from(bitmapOf(await decodeMaskImage(await image.png().toBuffer(), size)));
}

test('a grey image is a mask where it is above 127', async () => {
  const image = raw([0, 127, 128, 255, 0, 0, 200, 1], 1).toColourspace('b-w');
  assert.deepEqual(await pixelsOf(image), [0, 0, 1, 1, 0, 0, 1, 0]);
});

test('black on transparent, as BitmaskLabels store it, is a mask where it is opaque', async () => {
  const alphas = [0, 255, 255, 0, 0, 128, 127, 0];
  const image = raw(
    alphas.flatMap((alpha) => [0, 0, 0, alpha]),
    4,
  );
  assert.deepEqual(await pixelsOf(image), [0, 1, 1, 0, 0, 1, 0, 0]);
});

test('an alpha channel that hides nothing is not the mask', async () => {
  const greys = [0, 255, 0, 255, 255, 0, 0, 0];
  const image = raw(
    greys.flatMap((grey) => [grey, grey, grey, 255]),
    4,
  );
  assert.deepEqual(await pixelsOf(image), [0, 1, 0, 1, 1, 0, 0, 0]);
});

test('a one-bit palette image is a mask where it is white', async () => {
  const whites = [255, 0, 0, 255, 0, 255, 255, 0];
  const png = await raw(whites, 1).png({ palette: true, colours: 2 }).toBuffer();
  const header = await sharp(png).metadata();
  assert.equal(header.isPalette, true);
  assert.deepEqual(Array.from(bitmapOf(await decodeMaskImage(png, size))), [1, 0, 0, 1, 0, 1, 1, 0]);
});

test('a coloured label on black is a mask', async () => {
  const image = raw([255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200], 3);
  assert.deepEqual(await pixelsOf(image), [1, 0, 0, 0, 0, 0, 0, 1]);
});

test('an image of 0 and 1 is a mask where it is 1', async () => {
  const image = raw([0, 1, 1, 0, 0, 0, 1, 0], 1).toColourspace('b-w');
  assert.deepEqual(await pixelsOf(image), [0, 1, 1, 0, 0, 0, 1, 0]);
});

test('an image of another size is refused with both sizes', async () => {
  const png = await raw([0, 0, 0, 0, 0, 0, 0, 0], 1).png().toBuffer();
  await assert.rejects(decodeMaskImage(png, { width: 2, height: 4 }), (error: unknown) => {
    assert.ok(error instanceof RefinerError);
    assert.equal(error.code, 'IMAGE_SIZE_MISMATCH');
    assert.equal(error.facts.expected, '2 × 4 pixels');
    assert.equal(error.facts.received, '4 × 2 pixels');
    return true;
  });
});

test('a size over the limit is refused before the bytes are looked at', async () => {
  const decoding = decodeMaskImage(new Uint8Array(0), { width: 100, height: 100 }, { maxPixels: 9999 });
  await assert.rejects(decoding, refusedWith('IMAGE_TOO_LARGE'));
});

test('bytes that are no image, or half of one, are refused', async () => {
  await assert.rejects(decodeMaskImage(new Uint8Array(0), size), refusedWith('MASK_NOT_READABLE'));
  await assert.rejects(decodeMaskImage(Buffer.from('no image'), size), refusedWith('MASK_NOT_READABLE'));
  const noise = Uint8Array.from({ length: 128 * 128 }, (_, i) => (i * 7919) % 256);
  const png = await sharp(noise, { raw: { width: 128, height: 128, channels: 1 } })
    .png()
    .toBuffer();
  const half = png.subarray(0, Math.floor(png.length / 2));
  await assert.rejects(decodeMaskImage(half, { width: 128, height: 128 }), refusedWith('MASK_NOT_READABLE'));
});

test('every mask survives its PNG, which is grey, has one channel and is the same each time', async () => {
  await fc.assert(
    fc.asyncProperty(bitmaps(), async (bitmap) => {
      const mask = tightMask(bitmap);
      const png = await encodeMaskPng(mask);
      assert.deepEqual(await encodeMaskPng(mask), png);
      const header = await sharp(png).metadata();
      assert.equal(header.channels, 1);
      assert.deepEqual(await decodeMaskImage(png, bitmap), mask);
    }),
    { numRuns: 40 },
  );
});
