import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  BLOCK_SIZE,
  blocksOf,
  emptyQuantizedMatrix,
  type QuantizedMatrix,
  quantizeRows,
} from '../../../src/onnx/graph/block-quantization.js';

/** Steps smaller than this are lost in float32. */
const SMALLEST_NORMAL = 2 ** -126;

const matrices = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 80 }))
  .chain(([rows, columns]) =>
    fc
      .array(fc.float({ min: -100, max: 100, noNaN: true }), {
        minLength: rows * columns,
        maxLength: rows * columns,
      })
      .map((weights) => ({ rows, columns, weights: Float32Array.from(weights) })),
  );

function valueAt({ numbers, scales }: QuantizedMatrix, columns: number, row: number, column: number): number {
  const block = row * blocksOf(columns) + Math.floor(column / BLOCK_SIZE);
  return ((numbers[block * BLOCK_SIZE + (column % BLOCK_SIZE)] ?? 0) - 128) * (scales[block] ?? 0);
}

test('every weight comes back within half a step of its block, and zero exactly', () => {
  fc.assert(
    fc.property(matrices, ({ rows, columns, weights }) => {
      const matrix = emptyQuantizedMatrix(rows, columns);
      quantizeRows(weights, columns, matrix, { firstRow: 0, factor: 1 });
      weights.forEach((weight, i) => {
        const [row, column] = [Math.floor(i / columns), i % columns];
        const start = row * columns + Math.floor(column / BLOCK_SIZE) * BLOCK_SIZE;
        const block = weights.subarray(start, Math.min(start + BLOCK_SIZE, (row + 1) * columns));
        const largest = Math.max(...block.map(Math.abs));
        const value = valueAt(matrix, columns, row, column);
        assert.ok(
          Math.abs(value - weight) <= largest * (0.5 / 127 + 1e-6) + SMALLEST_NORMAL,
          `${weight} became ${value}`,
        );
        if (weight === 0) assert.equal(Math.abs(value), 0);
      });
    }),
  );
});

test('a matrix quantized in pieces is the one quantized at once', () => {
  fc.assert(
    fc.property(matrices, fc.integer({ min: 1, max: 3 }), ({ rows, columns, weights }, atOnce) => {
      const whole = emptyQuantizedMatrix(rows, columns);
      quantizeRows(weights, columns, whole, { firstRow: 0, factor: 0.5 });
      const pieces = emptyQuantizedMatrix(rows, columns);
      for (let firstRow = 0; firstRow < rows; firstRow += atOnce) {
        const piece = weights.subarray(firstRow * columns, (firstRow + atOnce) * columns);
        quantizeRows(piece, columns, pieces, { firstRow, factor: 0.5 });
      }
      assert.deepEqual(pieces, whole);
    }),
  );
});

test('what fills a row up to whole blocks is zero', () => {
  const matrix = emptyQuantizedMatrix(1, 40);
  quantizeRows(new Float32Array(40).fill(3), 40, matrix, { firstRow: 0, factor: 1 });
  assert.deepEqual([...matrix.numbers.subarray(40)], new Array<number>(24).fill(128));
});
