import assert from 'node:assert/strict';
import test from 'node:test';
import { clearestSighting, type Sighting } from '../../src/refiner/clearest-sighting.js';
import type { PixelGuidance } from '../../src/refiner/guidance.js';
import { emptyMask, maskFromBitmap } from '../../src/refiner/mask.js';
import type { Box, Mask } from '../../src/refiner/types.js';

const IMAGE = { width: 100, height: 80 };
const CLICK: PixelGuidance = { positives: [{ x: 30, y: 30 }], negatives: [], box: null };
const VIEW: Box = { x0: 20, y0: 20, x1: 60, y1: 60 };

function rectangle({ x0, y0, x1, y1 }: Box): Mask {
  const bitmap = new Uint8Array(IMAGE.width * IMAGE.height);
  for (let y = y0; y < y1; y++) bitmap.fill(1, y * IMAGE.width + x0, y * IMAGE.width + x1);
  return maskFromBitmap(bitmap, IMAGE.width, IMAGE.height);
}

function found(box: Box, predictedIou: number, stability: number, view: Box | null = null): Sighting {
  const figures = { agreementIou: 1, predictedIou, stability, rounds: 1 };
  return { view, verdict: { status: 'refined', mask: rectangle(box), figures } };
}

const ON = { x0: 25, y0: 25, x1: 40, y1: 40 };
const BESIDE = { x0: 41, y0: 41, x1: 50, y1: 50 };
const CUT = { x0: 20, y0: 25, x1: 40, y1: 40 };

test('among equals the greatest product of predicted IoU and stability wins, the first of equals', () => {
  const sightings = [found(ON, 0.9, 0.5), found(ON, 0.8, 0.9, VIEW), found(ON, 0.9, 0.8)];
  assert.equal(clearestSighting(sightings, CLICK, IMAGE), sightings[1]?.verdict);
});

test('a mask that fits the click goes before a surer one that does not', () => {
  const sightings = [found(BESIDE, 0.99, 0.99), found(ON, 0.2, 0.2)];
  assert.equal(clearestSighting(sightings, CLICK, IMAGE), sightings[1]?.verdict);
});

test('a mask that its view cuts off goes behind whole ones', () => {
  const sightings = [found(CUT, 0.99, 0.99, VIEW), found(ON, 0.2, 0.2)];
  assert.equal(clearestSighting(sightings, CLICK, IMAGE), sightings[1]?.verdict);
});

test("a mask at the image's border is not cut off by a view that ends there", () => {
  const corner = { x0: 0, y0: 0, x1: 40, y1: 40 };
  const sightings = [found({ ...ON, x0: 0, y0: 0 }, 0.9, 0.9, corner), found(ON, 0.8, 0.8)];
  assert.equal(clearestSighting(sightings.slice(), CLICK, IMAGE), sightings[1]?.verdict);
  const whole = [found({ x0: 0, y0: 0, x1: 38, y1: 38 }, 0.9, 0.9, corner), found(ON, 0.8, 0.8)];
  assert.equal(clearestSighting(whole, CLICK, IMAGE), whole[0]?.verdict);
});

test('what found something goes before what did not, which is taken where there is nothing else', () => {
  const nothing: Sighting = {
    view: null,
    verdict: { status: 'failed', mask: emptyMask(IMAGE), reason: 'decoder-output-not-finite' },
  };
  const something = found(CUT, 0.1, 0.1, VIEW);
  assert.equal(clearestSighting([nothing, something], CLICK, IMAGE), something.verdict);
  assert.equal(clearestSighting([nothing], CLICK, IMAGE), nothing.verdict);
  assert.equal(clearestSighting([], CLICK, IMAGE), null);
});
