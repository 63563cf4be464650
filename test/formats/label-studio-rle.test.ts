import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RefinerError, type ErrorCode } from '../../src/errors.js';
import { createBitWriter, finishBits, writeBits } from '../../src/formats/bit-writer.js';
import { decodeBrushRle, encodeBrushRle } from '../../src/formats/label-studio-rle.js';
import { bitmapOf, bitmaps, paintedBlobs, tightMask } from '../support/bitmaps.js';
import { readFixture } from '../support/fixtures.js';

interface Vector {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly mask_bits_base64: string;
  readonly area_nonzero: number;
  readonly area_over_127: number;
  readonly rle_base64: string;
  readonly rle_editor_base64?: string;
}

const { vectors } = JSON.parse(readFixture('label-studio/brush-rle.json.gz').toString()) as {
  vectors: readonly Vector[];
};

function refusedWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) =>
    error instanceof RefinerError && error.code === code && error.facts.expected !== undefined;
}

/** Every alpha word by the letter of the format: the slow, plain reading that the fast one is held against. */
function plainAlphas(rle: Uint8Array): { words: number; alphas: number[] } {
  let position = 0;
  const take = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i += 1) {
      const byte = rle[position >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (position & 7))) & 1);
      position += 1;
    }
    return value;
  };
  const words = take(32);
  const wordBits = take(5) + 1;
  const classBits = [take(4) + 1, take(4) + 1, take(4) + 1, take(4) + 1];
  const out: number[] = [];
  while (out.length < words) {
    const run = take(1) === 1;
    const count = take(classBits[take(2)] ?? 0) + 1;
    const first = take(wordBits);
    for (let i = 0; i < count; i += 1) out.push(i === 0 || run ? first : take(wordBits));
  }
  return { words, alphas: out.slice(0, words).filter((_, i) => i % 4 === 3) };
}

function header(
  words: number,
  wordBits: number,
  classBits: readonly number[],
): ReturnType<typeof createBitWriter> {
  const writer = createBitWriter();
  writeBits(writer, Math.floor(words / 65536), 16);
  writeBits(writer, words % 65536, 16);
  writeBits(writer, wordBits - 1, 5);
  for (const bits of classBits) writeBits(writer, bits - 1, 4);
  return writer;
}

for (const vector of vectors) {
  test(`the code of ${vector.name} decodes to the pixels it was made of`, () => {
    const { width, height } = vector;
    const bits = Buffer.from(vector.mask_bits_base64, 'base64');
    const over127 = Uint8Array.from(
      { length: width * height },
      (_, i) => ((bits[i >> 3] ?? 0) >> (7 - (i & 7))) & 1,
    );
    for (const code of [vector.rle_base64, vector.rle_editor_base64]) {
      if (code === undefined) continue;
      const mask = decodeBrushRle(Buffer.from(code, 'base64'), width, height);
      const bitmap = bitmapOf(mask);
      const expectedArea = vector.area_over_127 > 0 ? vector.area_over_127 : vector.area_nonzero;
      assert.equal(
        bitmap.reduce((sum, value) => sum + value, 0),
        expectedArea,
      );
      if (vector.area_over_127 > 0) assert.deepEqual(bitmap, over127);
      assert.deepEqual(mask, tightMask({ width, height, pixels: bitmap }), 'the box is tight');
      assert.deepEqual(decodeBrushRle(encodeBrushRle(mask), width, height), mask, 'and back again');
    }
  });
}

test('every mask survives encoding and decoding, in all four channels, by the letter of the format', () => {
  fc.assert(
    fc.property(bitmaps(), (bitmap) => {
      const mask = tightMask(bitmap);
      const rle = encodeBrushRle(mask);
      assert.deepEqual(decodeBrushRle(rle, bitmap.width, bitmap.height), mask);
      const plain = plainAlphas(rle);
      assert.equal(plain.words, bitmap.pixels.length * 4);
      assert.deepEqual(
        plain.alphas,
        Array.from(bitmap.pixels, (value) => value * 255),
      );
    }),
  );
});

test('streams of any word size and any class sizes, runs and literals mixed, decode as the plain reading does', () => {
  const items = fc.array(
    fc.record({
      run: fc.boolean(),
      lengthClass: fc.integer({ min: 0, max: 3 }),
      count: fc.integer({ min: 1, max: 70 }),
      seed: fc.nat(),
    }),
    { maxLength: 40 },
  );
  const classes = fc.array(fc.integer({ min: 1, max: 16 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 32 }), classes, items, (wordBits, classBits, list) => {
      const width = 13;
      const height = 11;
      const writer = header(width * height * 4, wordBits, classBits);
      for (const item of list) {
        const bits = classBits[item.lengthClass] ?? 1;
        const count = Math.min(item.count, 2 ** bits);
        writeBits(writer, (item.run ? 4 : 0) | item.lengthClass, 3);
        writeBits(writer, count - 1, bits);
        for (let i = 0; i < (item.run ? 1 : count); i += 1) {
          const word = ((item.seed + 1) * 2654435761 * (i + 1)) % 2 ** wordBits;
          const high = Math.floor(word / 65536);
          if (wordBits > 16) writeBits(writer, high, wordBits - 16);
          writeBits(writer, wordBits > 16 ? word % 65536 : word, Math.min(16, wordBits));
        }
      }
      // Plenty of zero items, so that the plain reading finds every word.
      const rle = new Uint8Array([...finishBits(writer), ...new Uint8Array(4096)]);
      const { alphas } = plainAlphas(rle);
      const threshold = alphas.some((alpha) => alpha > 127) ? 127 : 0;
      const expected = Uint8Array.from(alphas, (alpha) => (alpha > threshold ? 1 : 0));
      assert.deepEqual(bitmapOf(decodeBrushRle(rle, width, height)), expected);
    }),
  );
});

test('an empty array is an empty mask', () => {
  const mask = decodeBrushRle(new Uint8Array(0), 40, 30);
  assert.deepEqual(mask.box, { x0: 0, y0: 0, x1: 0, y1: 0 });
  assert.equal(mask.data.length, 0);
});

test('a code cut after the header keeps what came before the cut and leaves the rest background', () => {
  fc.assert(
    fc.property(bitmaps(), fc.double({ min: 0, max: 1, noNaN: true }), (bitmap, share) => {
      const rle = encodeBrushRle(tightMask(bitmap));
      const kept = rle.subarray(0, 7 + Math.floor(share * (rle.length - 7)));
      const cut = bitmapOf(decodeBrushRle(kept, bitmap.width, bitmap.height));
      const lastKept = cut.lastIndexOf(1);
      assert.deepEqual(cut.subarray(0, lastKept + 1), bitmap.pixels.subarray(0, lastKept + 1));
    }),
  );
});

test('a code cut inside its header is damaged', () => {
  const rle = encodeBrushRle(paintedBlobs(64, 48));
  for (let length = 1; length < 7; length += 1) {
    assert.throws(() => decodeBrushRle(rle.subarray(0, length), 64, 48), refusedWith('RLE_INVALID'));
  }
});

test('a code that promises another number of words is refused with both numbers', () => {
  const rle = encodeBrushRle(paintedBlobs(64, 48));
  assert.throws(
    () => decodeBrushRle(rle, 48, 65),
    (error: unknown) =>
      error instanceof RefinerError &&
      error.code === 'RLE_SIZE_MISMATCH' &&
      error.facts.expected?.includes('12480') === true &&
      error.facts.received?.includes('12288') === true,
  );
});

test('absurd sizes are refused before anything is allocated for them', () => {
  const before = process.memoryUsage().arrayBuffers;
  const huge = finishBits(header(4294967292, 8, [3, 4, 8, 16]));
  for (const [width, height] of [
    [1073741823, 1],
    [32767, 32769],
    [0, 5],
    [-1, -5],
    [1.5, 2],
    [NaN, 2],
    [Infinity, 1],
    [2 ** 40, 2 ** 40],
  ] as const) {
    assert.throws(() => decodeBrushRle(huge, width, height), refusedWith('RLE_SIZE_MISMATCH'));
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 10e6);
});

test('any bytes either decode to a mask of the asked size or are refused by a named error', () => {
  const bodies = fc.uint8Array({ minLength: 0, maxLength: 200 });
  fc.assert(
    fc.property(bodies, fc.boolean(), (body, sound) => {
      const rle = sound
        ? new Uint8Array([...finishBits(header(9 * 7 * 4, 8, [3, 4, 8, 16])), ...body])
        : body;
      try {
        const mask = decodeBrushRle(rle, 9, 7);
        assert.deepEqual(mask, tightMask({ width: 9, height: 7, pixels: bitmapOf(mask) }));
      } catch (error) {
        assert.ok(error instanceof RefinerError);
      }
    }),
  );
});

test('a full 12-megapixel mask is a few hundred bytes and loses no pixel', () => {
  const width = 4000;
  const height = 3000;
  const box = { x0: 0, y0: 0, x1: width, y1: height };
  const mask = { imageWidth: width, imageHeight: height, box, data: new Uint8Array(width * height).fill(1) };
  const rle = encodeBrushRle(mask);
  assert.ok(rle.length < 3000, `${rle.length} bytes`);
  const decoded = decodeBrushRle(rle, width, height);
  assert.deepEqual(decoded.box, box);
  assert.equal(decoded.data.indexOf(0), -1);
});

test('a painted 12-megapixel mask is coded and read in a fraction of a second', () => {
  const mask = paintedBlobs(4000, 3000);
  const fastest = (work: () => void): number =>
    Math.min(
      ...[1, 2, 3].map(() => {
        const start = performance.now();
        work();
        return performance.now() - start;
      }),
    );
  const rle = encodeBrushRle(mask);
  // Measured at 5 to 20 ms (bench/brush-rle.ts); the bound leaves room for a loaded machine.
  assert.ok(fastest(() => encodeBrushRle(mask)) < 400);
  assert.ok(fastest(() => decodeBrushRle(rle, 4000, 3000)) < 400);
});

test('word sizes of 0 and 33 cannot be said: the header wraps them to 32 and 1, which are read or refused, never crash', () => {
  for (const wordBits of [0, 33]) {
    const writer = createBitWriter();
    writeBits(writer, 0, 16);
    writeBits(writer, 4 * 3 * 2, 16);
    writeBits(writer, (wordBits - 1 + 32) % 32, 5);
    for (const bits of [3, 4, 8, 16]) writeBits(writer, bits - 1, 4);
    const rle = new Uint8Array([...finishBits(writer), 255, 255, 255, 255]);
    let area = 0;
    try {
      area = decodeBrushRle(rle, 3, 2).data.length;
    } catch (error) {
      assert.ok(error instanceof RefinerError && error.code === 'RLE_INVALID', String(error));
    }
    assert.ok(area <= 6);
  }
});
