import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { frameOf } from '../../src/refiner/frame.js';
import type { MaskPromptOptions } from '../../src/refiner/gaussian-mask.js';
import { maskPrompt } from '../../src/refiner/gaussian-mask.js';
import { areaPx, maskFromBitmap, maskToBitmap } from '../../src/refiner/mask.js';
import { guidePoints } from '../../src/refiner/points.js';
import type { Frame, Mask } from '../../src/refiner/types.js';
import { anyMask } from './any-mask.js';
import type { Picture } from './plain-resampling.js';
import { framed, pictureOf, resampled } from './plain-resampling.js';

const POINTS = { distance: 'octile', useNegativePoint: false } as const;

const anyOptions: fc.Arbitrary<MaskPromptOptions> = fc.record({
  falloff: fc.constantFrom('depth' as const, 'centre' as const),
  amplitude: fc.constantFrom(1, 15, 30),
  spread: fc.constantFrom(1, 4, 15),
});

test('the mask prompt is what resizing the signs and the weights of the whole image gives', () => {
  const frames = fc.constantFrom([64, 16], [40, 20], [12, 6]);
  fc.assert(
    fc.property(anyMask(40), frames, anyOptions, (mask, [inputSize = 0, maskSize = 0], options) => {
      const frame = frameOf({ width: mask.imageWidth, height: mask.imageHeight }, inputSize, maskSize);
      const prompt = maskPrompt(mask, guidePoints(mask, POINTS), frame, options);
      const expected = plainPrompt(mask, frame, options);
      for (const [i, value] of prompt.entries()) {
        assert.ok(Math.abs(value - (expected[i] ?? NaN)) < 1e-4, `${i}: ${value} ${expected[i] ?? NaN}`);
      }
    }),
    { numRuns: 200 },
  );
});

test('the prompt peaks with the amplitude at the deepest place and is minus the amplitude far away', () => {
  const bitmap = new Uint8Array(64 * 64);
  for (let y = 10; y < 41; y++) bitmap.fill(1, y * 64 + 10, y * 64 + 41);
  const mask = maskFromBitmap(bitmap, 64, 64);
  const frame = frameOf({ width: 64, height: 64 }, 256, 64);
  for (const falloff of ['depth', 'centre'] as const) {
    const options = { falloff, amplitude: 30, spread: 4 };
    const prompt = maskPrompt(mask, guidePoints(mask, POINTS), frame, options);
    assert.ok((prompt[25 * 64 + 25] ?? NaN) > 29);
    assert.equal(Math.max(...prompt), prompt[25 * 64 + 25]);
    assert.equal(prompt[55 * 64 + 55], -30);
  }
});

test('a mask that fills the image is prompted with the amplitude throughout, the padding with its opposite', () => {
  const mask = maskFromBitmap(new Uint8Array(8 * 4).fill(1), 8, 4);
  const frame = frameOf({ width: 8, height: 4 }, 32, 8);
  const options = { falloff: 'depth', amplitude: 30, spread: 4 } as const;
  const prompt = maskPrompt(mask, guidePoints(mask, POINTS), frame, options);
  assert.deepEqual([...prompt], [...Array<number>(32).fill(30), ...Array<number>(32).fill(-30)]);
});

/** The same by its definition, over the whole image and the whole frame. */
function plainPrompt(mask: Mask, frame: Frame, options: MaskPromptOptions): readonly number[] {
  const { imageWidth: width, imageHeight: height } = mask;
  const bitmap = maskToBitmap(mask);
  const points = guidePoints(mask, POINTS);
  const { x0, y0, x1 } = mask.box;
  const weights = Array.from(bitmap, (value, i) => {
    if (value === 0) return 0;
    const x = i % width;
    const y = Math.floor(i / width);
    if (options.falloff === 'centre') {
      const squared = (x - points.positive.x) ** 2 + (y - points.positive.y) ** 2;
      return Math.exp(-squared / (areaPx(mask) * options.spread));
    }
    const depth = points.depth.data[(y - y0) * (x1 - x0) + x - x0] ?? NaN;
    return Math.exp(-((depth - points.maxDepth) ** 2) / Math.max(areaPx(mask) / options.spread, 1));
  });
  const toPrompt = (picture: Picture, padding: number): readonly number[] => {
    const resized = resampled(picture, frame.resizedHeight, frame.resizedWidth);
    const padded = framed(resized, frame.inputSize, frame.inputSize, padding);
    return resampled(padded, frame.maskSize, frame.maskSize).flat();
  };
  const signs = toPrompt(
    pictureOf(
      Array.from(bitmap, (value) => (value === 1 ? 1 : -1)),
      height,
      width,
    ),
    -1,
  );
  const resizedWeights = toPrompt(pictureOf(weights, height, width), 0);
  const { amplitude } = options;
  return signs.map((sign, i) => {
    const weight = resizedWeights[i] ?? NaN;
    const factor = weight <= 0 ? 1 : weight;
    if (sign > 0) return amplitude * factor;
    return options.falloff === 'depth' ? -amplitude * factor : -amplitude;
  });
}
