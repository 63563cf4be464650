import assert from 'node:assert/strict';
import test from 'node:test';
import type { Aim, ShapeRequest } from '../../src/onnx/inference.js';
import { openInlineInference } from '../../src/onnx/inline.js';
import { drawShape, type DrawnShape } from '../../src/onnx/shape-outcomes.js';
import { takeAim } from '../../src/onnx/take-aim.js';
import { LITE_PACK, openPool } from './open-pool.js';
import { discImage, requestFor, roughDisc } from './synthetic-image.js';

const IMAGE = { width: 100, height: 50 };
const COMMON = { semantic: false, output: { kind: 'png' }, madeFor: null } as const;

function square(x: number, y: number, side: number): ShapeRequest {
  const shape = {
    kind: 'rectangle',
    unit: 'pixel',
    x,
    y,
    width: side,
    height: side,
    rotationDegrees: 0,
  } as const;
  return { ...COMMON, shape };
}

const POINT: ShapeRequest = {
  ...COMMON,
  shape: null,
  guidance: { unit: 'pixel', points: [{ x: 0, y: 0, positive: true }], box: null },
};
const SHAPES = [
  square(10, 10, 20),
  square(60, 10, 20),
  { ...square(0, 0, 5), madeFor: { width: 9, height: 9 } },
  POINT,
];

function clicksAt(...clicks: readonly [number, number, boolean][]): Aim {
  const at = {
    kind: 'clicks',
    unit: 'percent',
    clicks: clicks.map(([x, y, positive]) => ({ x, y, positive })),
  } as const;
  return { at, ranks: [0, 0, 0, 0] };
}

async function aimed(aim: Aim): Promise<readonly DrawnShape[]> {
  return takeAim(aim, await Promise.all(SHAPES.map((shape) => drawShape(shape, IMAGE))), IMAGE);
}

/** `meant`, or why not. */
function states(drawn: readonly DrawnShape[]): readonly string[] {
  return drawn.map((shape) =>
    'outcome' in shape && shape.outcome.status !== 'refined' ? shape.outcome.reason : 'meant',
  );
}

test('only the mask under a click is meant, and a shape that cannot be drawn says so', async () => {
  const drawn = await aimed(clicksAt([20, 40, true]));
  assert.deepEqual(states(drawn), ['meant', 'not-meant', 'IMAGE_SIZE_MISMATCH', 'not-meant']);
  assert.ok(drawn[0] && 'guidance' in drawn[0]);
  assert.equal(drawn[0].guidance, null);
});

test('the clicks that correct the mask are its guidance, in pixels', async () => {
  const [first] = await aimed(clicksAt([65, 40, true], [15, 40, true], [25, 55, false]));
  assert.ok(first && 'guidance' in first);
  assert.deepEqual(first.guidance, {
    positives: [{ x: 15, y: 20 }],
    negatives: [{ x: 25, y: 27 }],
    box: null,
  });
});

test('where no mask is meant, the shape without one is, with the clicks that lie on no mask', async () => {
  const drawn = await aimed(clicksAt([20, 40, true], [45, 90, true]));
  assert.deepEqual(states(drawn), ['not-meant', 'not-meant', 'IMAGE_SIZE_MISMATCH', 'meant']);
  const last = drawn[3];
  assert.ok(last && 'guidance' in last);
  assert.deepEqual(last.guidance, { positives: [{ x: 45, y: 45 }], negatives: [], box: null });
});

test('clicks that mean nothing leave nothing meant', async () => {
  const drawn = await aimed(clicksAt([45, 90, false]));
  assert.deepEqual(states(drawn), ['not-meant', 'not-meant', 'IMAGE_SIZE_MISMATCH', 'not-meant']);
});

test('masks in an area are meant; with none in it a new one is looked for in its upright box', async () => {
  const area = (x: number, y: number, width: number, height: number): Aim => ({
    at: {
      kind: 'area',
      area: { kind: 'rectangle', unit: 'pixel', x, y, width, height, rotationDegrees: 90 },
    },
    ranks: [1, 0, 0, 0],
  });
  assert.deepEqual(states(await aimed(area(100, 0, 50, 45))), [
    'not-meant',
    'meant',
    'IMAGE_SIZE_MISMATCH',
    'not-meant',
  ]);
  assert.deepEqual(states(await aimed(area(50, 0, 50, 50))), [
    'meant',
    'not-meant',
    'IMAGE_SIZE_MISMATCH',
    'not-meant',
  ]);
  const last = (await aimed(area(50, 10, 30, 10)))[3];
  assert.ok(last && 'guidance' in last);
  assert.deepEqual(last.guidance, { positives: [], negatives: [], box: { x0: 40, y0: 10, x1: 49, y1: 39 } });
  assert.equal(states(await aimed(area(-10, -90, 5, 5)))[3], 'not-meant');
});

test('a worker takes aim as the calling thread does, and refines what is meant as if it were asked for alone', async (context) => {
  const inline = await openInlineInference({
    packDirectory: LITE_PACK,
    threads: 1,
    cacheBytes: 64 << 20,
    maxPixels: 1e6,
  });
  context.after(() => inline.close());
  const pool = await openPool(context);
  const image = await discImage(1);
  const disc = roughDisc();
  const elsewhere = {
    ...disc,
    shape: { kind: 'polygon', unit: 'percent', rings: [[0, 0, 9, 0, 9, 9, 0, 9]] } as const,
  };
  const aim: Aim = {
    at: { kind: 'clicks', unit: 'percent', clicks: [{ x: 50, y: 50, positive: true }] },
    ranks: [0, 0],
  };
  const request = requestFor(image, { shapes: [elsewhere, disc], aim });
  const alone = await inline.refine(requestFor(image, { shapes: [disc] }), { deadlineMs: 60_000 });
  for (const inference of [inline, pool]) {
    const { outcomes } = await inference.refine(request, { deadlineMs: 60_000 });
    assert.deepEqual(outcomes, [{ status: 'kept', reason: 'not-meant', figures: null }, alone.outcomes[0]]);
  }
});
