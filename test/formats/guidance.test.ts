import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RefinerError } from '../../src/errors.js';
import {
  type Guidance,
  guidanceInPixels,
  MAX_GUIDANCE_POINTS,
  requireTarget,
} from '../../src/formats/guidance.js';

const IMAGE = { width: 40, height: 30 };

function clicks(...points: readonly (readonly [number, number, boolean])[]): Guidance {
  return { unit: 'pixel', points: points.map(([x, y, positive]) => ({ x, y, positive })), box: null };
}

function boxed(x0: number, y0: number, x1: number, y1: number): Guidance {
  return { unit: 'pixel', points: [], box: { x0, y0, x1, y1 } };
}

function isRefused(error: unknown): boolean {
  return error instanceof RefinerError && error.code === 'GUIDANCE_INVALID';
}

test('a click is the pixel it lies in, and clicks keep their order by sign', () => {
  const guidance = clicks([3.9, 4, true], [0.2, 29.99, false], [39.5, 0, true]);
  assert.deepEqual(guidanceInPixels(guidance, IMAGE), {
    positives: [
      { x: 3, y: 4 },
      { x: 39, y: 0 },
    ],
    negatives: [{ x: 0, y: 29 }],
    box: null,
  });
});

test('percent are of the width and of the height', () => {
  const guidance: Guidance = {
    unit: 'percent',
    points: [{ x: 50, y: 10, positive: true }],
    box: { x0: 25, y0: 50, x1: 75, y1: 100 },
  };
  const { positives, box } = guidanceInPixels(guidance, IMAGE);
  assert.deepEqual(positives, [{ x: 20, y: 3 }]);
  assert.deepEqual(box, { x0: 10, y0: 15, x1: 29, y1: 29 });
});

test('a click outside the image is the nearest pixel of it', () => {
  const { positives } = guidanceInPixels(clicks([-5, 12, true], [1e9, 31, true], [40, 30, true]), IMAGE);
  assert.deepEqual(positives, [
    { x: 0, y: 12 },
    { x: 39, y: 29 },
    { x: 39, y: 29 },
  ]);
});

test('a box holds the pixels it touches, whatever corners it is given by', () => {
  const expected = { x0: 2, y0: 3, x1: 9, y1: 7 };
  assert.deepEqual(guidanceInPixels(boxed(2.5, 3, 10, 8), IMAGE).box, expected);
  assert.deepEqual(guidanceInPixels(boxed(10, 8, 2.5, 3), IMAGE).box, expected);
  assert.deepEqual(guidanceInPixels(boxed(-9, -9, 99, 99), IMAGE).box, { x0: 0, y0: 0, x1: 39, y1: 29 });
});

test('a box without extent is one pixel', () => {
  assert.deepEqual(guidanceInPixels(boxed(5, 6, 5, 6), IMAGE).box, { x0: 5, y0: 6, x1: 5, y1: 6 });
});

test('numbers that are not finite, boxes beside the image and too many clicks are refused', () => {
  const many = clicks(
    ...Array.from({ length: MAX_GUIDANCE_POINTS + 1 }, (_, i) => [i % 40, 3, true] as const),
  );
  const refused = [
    clicks([NaN, 1, true]),
    clicks([1, Infinity, false]),
    clicks([1e300, 1, true]),
    boxed(0, NaN, 5, 5),
    boxed(40, 0, 50, 10),
    boxed(-10, 0, 0, 10),
    many,
  ];
  for (const guidance of refused) assert.throws(() => guidanceInPixels(guidance, IMAGE), isRefused);
  guidanceInPixels({ ...many, points: many.points.slice(1) }, IMAGE);
});

test('without a click on the object or a box there is no target', () => {
  for (const guidance of [clicks(), clicks([1, 1, false])]) {
    assert.throws(() => requireTarget(guidanceInPixels(guidance, IMAGE)), isRefused);
  }
  assert.throws(() => requireTarget(null), isRefused);
  assert.deepEqual(requireTarget(guidanceInPixels(boxed(1, 1, 3, 3), IMAGE)).positives, []);
});

test('guidance always lies within the image or is refused', () => {
  const anyNumber = fc.oneof(fc.double(), fc.double({ min: -50, max: 150, noNaN: true }));
  const anyGuidance = fc.record({
    unit: fc.constantFrom('pixel' as const, 'percent' as const),
    points: fc.array(fc.record({ x: anyNumber, y: anyNumber, positive: fc.boolean() })),
    box: fc.option(fc.record({ x0: anyNumber, y0: anyNumber, x1: anyNumber, y1: anyNumber })),
  });
  fc.assert(
    fc.property(anyGuidance, (guidance) => {
      try {
        const { positives, negatives, box } = guidanceInPixels(guidance, IMAGE);
        const corners = box
          ? [
              { x: box.x0, y: box.y0 },
              { x: box.x1, y: box.y1 },
            ]
          : [];
        for (const { x, y } of [...positives, ...negatives, ...corners]) {
          assert.ok(Number.isInteger(x) && x >= 0 && x < 40 && Number.isInteger(y) && y >= 0 && y < 30);
        }
        assert.ok(box === null || (box.x0 <= box.x1 && box.y0 <= box.y1));
      } catch (error) {
        assert.ok(isRefused(error));
      }
    }),
  );
});
