import { createHash } from 'node:crypto';
import { giveTurns } from '../give-turns.js';

/** What is hashed in one go: milliseconds of work, so that other requests come in between. */
const CHUNK_BYTES = 1 << 20;
const CHUNK_NUMBERS = CHUNK_BYTES / Float64Array.BYTES_PER_ELEMENT;

/**
 * SHA-256, in hexadecimal, of plain data: objects (whatever the order of their keys), arrays, typed arrays, texts,
 * numbers, booleans and null. A member that is undefined counts as absent. Values that differ have different hashes,
 * because every part is preceded by its kind and length. Throws TypeError for anything else.
 */
export async function contentHash(value: unknown): Promise<string> {
  const hash = createHash('sha256');
  const giveTurn = giveTurns();
  for (const chunk of chunksOf(value)) {
    hash.update(chunk);
    const turn = giveTurn();
    if (turn) await turn;
  }
  return hash.digest('hex');
}

function* chunksOf(value: unknown): Generator<string | Uint8Array> {
  if (value === null || typeof value === 'boolean') yield String(value);
  else if (typeof value === 'number') yield* numbers([value]);
  else if (typeof value === 'string') {
    yield `text ${value.length} `;
    yield value;
  } else if (ArrayBuffer.isView(value)) yield* bytesOf(value);
  else if (Array.isArray(value)) yield* list(value as readonly unknown[]);
  else if (typeof value === 'object') yield* record(value);
  else throw new TypeError(`expected plain data, received a ${typeof value}`);
}

function* list(items: readonly unknown[]): Generator<string | Uint8Array> {
  if (items.length > 0 && items.every((item) => typeof item === 'number')) {
    yield* numbers(items);
    return;
  }
  yield `list ${items.length} `;
  for (const item of items) yield* chunksOf(item);
}

function* record(value: object): Generator<string | Uint8Array> {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  yield `record ${entries.length} `;
  for (const [key, member] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
    yield `${key.length} ${key} `;
    yield* chunksOf(member);
  }
}

function* numbers(values: readonly number[]): Generator<string | Uint8Array> {
  yield `numbers ${values.length} `;
  for (let from = 0; from < values.length; from += CHUNK_NUMBERS) {
    yield new Uint8Array(Float64Array.from(values.slice(from, from + CHUNK_NUMBERS)).buffer);
  }
}

function* bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Generator<string | Uint8Array> {
  yield `bytes ${byteLength} `;
  for (let from = 0; from < byteLength; from += CHUNK_BYTES) {
    yield new Uint8Array(buffer, byteOffset + from, Math.min(CHUNK_BYTES, byteLength - from));
  }
}
