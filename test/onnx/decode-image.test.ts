import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import test from 'node:test';
import { deflateSync, crc32 } from 'node:zlib';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { RefinerError } from '../../src/errors.js';
import { decodeImage, readImageSize } from '../../src/onnx/decode-image.js';
import { refusedWith } from '../support/refusals.js';

const OPTIONS = { orientation: 'exif', maxPixels: 1_000_000 } as const;

/** Left half red-ish, right half blue-ish. */
function picture(width: number, height: number): Sharp {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++)
    data.set(i % width < width / 2 ? [200, 10, 20] : [10, 20, 200], i * 3);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function pixel(bytes: Uint8Array, x: number, y: number): Promise<number[]> {
  const { width, data } = await decodeImage(bytes, OPTIONS);
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

function near(received: readonly number[], wanted: readonly number[], tolerance: number): void {
  const off = received.map((value, i) => Math.abs(value - (wanted[i] ?? NaN)));
  assert.ok(
    off.every((difference) => difference <= tolerance),
    `${received.join(', ')} instead of ${wanted.join(', ')}`,
  );
}

test('no bytes at all are an empty image', async () => {
  await assert.rejects(decodeImage(new Uint8Array(0), OPTIONS), refusedWith('IMAGE_EMPTY'));
});

test('every format on the list is decoded to RGB', async () => {
  const image = picture(40, 30);
  const files = {
    jpeg: await image.clone().jpeg({ chromaSubsampling: '4:4:4' }).toBuffer(),
    png: await image.clone().png().toBuffer(),
    webp: await image.clone().webp({ lossless: true }).toBuffer(),
    tiff: await image.clone().tiff({ compression: 'lzw' }).toBuffer(),
    gif: await image.clone().gif().toBuffer(),
    avif: await image.clone().avif({ quality: 90, chromaSubsampling: '4:4:4' }).toBuffer(),
  };
  for (const [format, bytes] of Object.entries(files)) {
    const { width, height, data } = await decodeImage(bytes, OPTIONS);
    assert.deepEqual([width, height, data.length], [40, 30, 3600], format);
    near(await pixel(bytes, 5, 15), [200, 10, 20], 8);
    near(await pixel(bytes, 35, 15), [10, 20, 200], 8);
  }
});

test('the pixels of a PNG are taken as they are', async () => {
  const random = Uint8Array.from({ length: 20 * 10 * 3 }, (_, i) => (i * 7919) % 256);
  const bytes = await sharp(random, { raw: { width: 20, height: 10, channels: 3 } })
    .png()
    .toBuffer();
  assert.deepEqual((await decodeImage(bytes, OPTIONS)).data, random);
});

test('alpha is dropped, the colours under it stay', async () => {
  const rgba = Uint8Array.from([200, 100, 50, 0, 1, 2, 3, 128]);
  const bytes = await sharp(rgba, { raw: { width: 2, height: 1, channels: 4 } })
    .png()
    .toBuffer();
  assert.deepEqual([...(await decodeImage(bytes, OPTIONS)).data], [200, 100, 50, 1, 2, 3]);
});

test('grey, with and without alpha, is repeated in the three channels', async () => {
  for (const channels of [1, 2] as const) {
    const bytes = await sharp(new Uint8Array(4 * channels).fill(77), {
      raw: { width: 2, height: 2, channels },
    })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    assert.deepEqual([...(await decodeImage(bytes, OPTIONS)).data], Array<number>(12).fill(77));
  }
});

test('16 bits a channel become 8', async () => {
  const deep = Uint16Array.from({ length: 12 }, (_, i) => (i % 3) * 0x4000 + 0x2080);
  const bytes = await sharp(deep, { raw: { width: 2, height: 2, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  assert.equal((await sharp(bytes).metadata()).depth, 'ushort');
  near(await pixel(bytes, 0, 0), [0x20, 0x60, 0xa0], 1);
});

test('CMYK becomes RGB of much the same colours', async () => {
  const bytes = await picture(40, 30).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
  assert.equal((await readImageSize(bytes)).isCmyk, true);
  const [red = 0, , blue = 0] = await pixel(bytes, 5, 15);
  assert.ok(red > 150 && blue < 80, `${red}, ${blue}`);
});

test('a colour profile of an RGB image is ignored', async () => {
  const plain = await picture(40, 30).png().toBuffer();
  const profiled = await sharp(plain).withIccProfile('p3').png().toBuffer();
  const stored = await sharp(profiled, { ignoreIcc: true }).raw().toBuffer();
  assert.notDeepEqual([...stored.subarray(0, 3)], [200, 10, 20]);
  assert.deepEqual(Buffer.from((await decodeImage(profiled, OPTIONS)).data), stored);
});

test('of an animation the first frame is taken', async () => {
  const frames = [10, 200].map((level) => new Uint8Array(12 * 8 * 3).fill(level));
  const bytes = await sharp(Buffer.concat(frames), {
    raw: { width: 12, height: 16, channels: 3, pageHeight: 8 },
  })
    .gif()
    .toBuffer();
  assert.equal((await sharp(bytes).metadata()).pages, 2);
  const { width, height, data } = await decodeImage(bytes, OPTIONS);
  assert.deepEqual([width, height], [12, 8]);
  near([...data.subarray(0, 3)], [10, 10, 10], 3);
});

test('exif turns the image as a viewer shows it, stored leaves it', async () => {
  for (const orientation of [1, 3, 6, 8]) {
    const bytes = await picture(40, 30).jpeg({ quality: 95 }).withMetadata({ orientation }).toBuffer();
    const shown = await decodeImage(bytes, OPTIONS);
    const stored = await decodeImage(bytes, { ...OPTIONS, orientation: 'stored' });
    const { displayed, stored: storedSize, exifOrientation } = await readImageSize(bytes);
    assert.equal(exifOrientation, orientation);
    assert.deepEqual(storedSize, { width: 40, height: 30 });
    assert.deepEqual([stored.width, stored.height], [40, 30]);
    assert.deepEqual({ width: shown.width, height: shown.height }, displayed);
    assert.equal(shown.width, orientation >= 5 ? 30 : 40);
    assert.ok((stored.data[0] ?? 0) > 150, 'the stored frame starts red');
    // Red lies left in the file: orientation 3 puts it right, 6 above and 8 below.
    const startsRed = (shown.data[0] ?? 0) > 150;
    assert.equal(startsRed, orientation === 1 || orientation === 6, `orientation ${orientation}`);
  }
});

test('bytes that are no image and formats that are not decoded are refused, saying what they are', async () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
  const cases: readonly (readonly [string | Uint8Array, RegExp])[] = [
    ['not an image', /no known image format/],
    [Uint8Array.of(0), /no known image format/],
    [svg, /SVG/],
    [`<?xml version="1.0"?>\n<!DOCTYPE svg>${svg}`, /SVG/],
    [`\ufeff  ${svg}`, /SVG/],
    ['%PDF-1.7 ', /PDF/],
    ['BM\0\0\0\0', /BMP/],
    ['\0\0\0\x18ftypheic', /HEIC/],
    ['RIFF\0\0\0\0WAVE', /no known image format/],
    ['\0\0\0\0\0\0\0\0WEBP', /no known image format/],
  ];
  for (const [content, received] of cases) {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    await assert.rejects(decodeImage(bytes, OPTIONS), refusedWith('IMAGE_NOT_READABLE', { received }));
  }
});

test('a file that breaks off is refused, whatever its format', async () => {
  const image = picture(300, 200);
  const files = [
    await image.clone().jpeg().toBuffer(),
    await image.clone().jpeg({ progressive: true }).toBuffer(),
    await image.clone().png({ compressionLevel: 0 }).toBuffer(),
    await image.clone().webp().toBuffer(),
    await image.clone().tiff().toBuffer(),
    await image.clone().avif().toBuffer(),
  ];
  for (const bytes of files) {
    for (const share of [0.02, 0.3, 0.6]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      await assert.rejects(decodeImage(cut, OPTIONS), refusedWith('IMAGE_NOT_READABLE'));
    }
  }
});

/** A valid PNG of one colour, however large, in a few bytes for each thousand rows. */
function pngOf(width: number, height: number, pixels: Uint8Array): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

test('an image of 400 megapixels is refused by its header, at once and without memory for it', async () => {
  const bomb = pngOf(20_000, 20_000, new Uint8Array(2501 * 20_000));
  const before = process.memoryUsage().rss;
  const startMs = performance.now();
  await assert.rejects(
    decodeImage(bomb, { orientation: 'exif', maxPixels: 100_000_000 }),
    refusedWith('IMAGE_TOO_LARGE', { expected: /100000000/, received: /20000 × 20000/ }),
  );
  assert.ok(performance.now() - startMs < 1000, 'refused within a second');
  assert.ok(process.memoryUsage().rss - before < 100e6, 'less than 100 MB taken');
});

test('the limit is the number of pixels: exactly so many pass, one row more does not', async () => {
  const passing = await picture(100, 50).png().toBuffer();
  const limit = { orientation: 'exif', maxPixels: 5000 } as const;
  assert.equal((await decodeImage(passing, limit)).data.length, 15_000);
  const refused = await picture(100, 51).png().toBuffer();
  await assert.rejects(decodeImage(refused, limit), refusedWith('IMAGE_TOO_LARGE'));
});

test('damage anywhere in a file gives an image of the right size or a refusal, never anything else', async () => {
  const files = [
    await picture(30, 20).jpeg().toBuffer(),
    await picture(30, 20).png().toBuffer(),
    await picture(30, 20).webp().toBuffer(),
    await picture(30, 20).gif().toBuffer(),
    await picture(30, 20).tiff().toBuffer(),
  ];
  const damage = fc.record({
    file: fc.constantFrom(...files),
    hits: fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { minLength: 1, maxLength: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ file, hits }) => {
      const bytes = new Uint8Array(file);
      for (const { at, value } of hits) bytes[at % bytes.length] = value;
      try {
        const { width, height, data } = await decodeImage(bytes, OPTIONS);
        assert.equal(data.length, width * height * 3);
        assert.ok(width * height <= OPTIONS.maxPixels);
      } catch (error) {
        assert.ok(error instanceof RefinerError && error.code.startsWith('IMAGE_'), String(error));
      }
    }),
    { numRuns: 150 },
  );
});
