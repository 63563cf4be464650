import fc from 'fast-check';
import assert from 'node:assert/strict';
import test from 'node:test';
import { JsonAssembly, type JsonPiece, JsonPieceCutter } from '../../src/backend/json-pieces.js';

interface Cut {
  readonly value: unknown;
  readonly pieces: readonly JsonPiece[];
}

/** Cuts a value, sends the pieces as messages are sent between threads, and puts them together. */
function cutAndAssemble(value: unknown): Cut {
  const cutter = new JsonPieceCutter(value);
  const assembly = new JsonAssembly();
  const pieces: JsonPiece[] = [];
  for (let last = false; !last;) {
    const cut = cutter.next();
    const piece = structuredClone(cut.piece, { transfer: [...cut.transfer] });
    // Assembling moves entries on: count before.
    pieces.push(structuredClone(piece));
    assembly.add(piece);
    ({ last } = cut);
  }
  return { value: assembly.value(), pieces };
}

test('every JSON value comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) =>
      assert.deepEqual(cutAndAssemble(value).value, value),
    ),
  );
});

test('a large value comes in many pieces and is whole again', () => {
  const value = {
    tasks: Array.from({ length: 300 }, (_, task) => ({
      id: task,
      result: Array.from({ length: 20 }, (_unused, region) => ({
        id: `${task}-${region}`,
        value: { points: Array.from({ length: 40 }, (_none, index) => [index / 7, task]) },
      })),
    })),
    numbers: Array.from({ length: 500_000 }, (_, index) => index),
    members: Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, index])),
    last: 'end',
  };
  const { value: back, pieces } = cutAndAssemble(value);
  assert.deepEqual(back, value);
  assert.deepEqual(Object.keys(back as object), Object.keys(value));
  assert.ok(pieces.length > 20);
});

test('long arrays of bytes under rle become Uint8Arrays, all others stay', () => {
  const bytes = Array.from({ length: 100 }, (_, index) => index);
  const { value } = cutAndAssemble({
    rle: bytes,
    counts: bytes,
    short: { rle: [1, 2] },
    larger: { rle: [...bytes, 256] },
    fraction: { rle: [...bytes, 0.5] },
    mixed: { rle: [...bytes, '1'] },
  });
  assert.deepEqual(value, {
    rle: Uint8Array.from(bytes),
    counts: bytes,
    short: { rle: [1, 2] },
    larger: { rle: [...bytes, 256] },
    fraction: { rle: [...bytes, 0.5] },
    mixed: { rle: [...bytes, '1'] },
  });
});

test('a key __proto__ stays a key and changes no prototype', () => {
  const value: unknown = JSON.parse(
    '{"a":{"__proto__":{"polluted":true}},"constructor":{"prototype":{"x":1}}}',
  );
  const { value: back } = cutAndAssemble(value);
  const inner = (back as { a: object }).a;
  assert.equal(Object.getPrototypeOf(inner), Object.prototype);
  assert.ok(Object.hasOwn(inner, '__proto__'));
  assert.equal((inner as { polluted?: boolean }).polluted, undefined);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});
