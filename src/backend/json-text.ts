/** Characters of text in one piece, about. */
const PIECE_CHARACTERS = 64 * 1024;
/** Bytes of a `Uint8Array` written at a time, and characters of a string. */
const BLOCK = 16 * 1024;

/** A container that is being written: its entries and how far we are. */
interface Level {
  readonly close: string;
  readonly values: Iterator<readonly [prefix: string, value: unknown]>;
  first: boolean;
}

/**
 * The text of a JSON value in pieces of about 64 Ki characters. Like `JSON.stringify`, but a `Uint8Array` is written
 * as an array of numbers, and `toJSON` is not asked. Entries that are `undefined` are left out of objects.
 */
export function* jsonText(value: unknown): Generator<string, void, undefined> {
  const open: Level[] = [];
  let text = '';
  for (const part of parts(value, open)) {
    text += part;
    if (text.length < PIECE_CHARACTERS) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

function* parts(value: unknown, open: Level[]): Generator<string, void, undefined> {
  yield* begin(value, open);
  for (let level = open.at(-1); level; level = open.at(-1)) {
    const entry = level.values.next();
    if (entry.done === true) {
      open.pop();
      yield level.close;
      continue;
    }
    const [prefix, child] = entry.value;
    yield level.first ? prefix : `,${prefix}`;
    level.first = false;
    yield* begin(child, open);
  }
}

/** Writes a value that is no container, or opens the container. */
function* begin(value: unknown, open: Level[]): Generator<string, void, undefined> {
  if (value instanceof Uint8Array) {
    yield* byteArray(value);
  } else if (typeof value === 'string' && value.length > BLOCK) {
    yield* longString(value);
  } else if (typeof value !== 'object' || value === null) {
    yield JSON.stringify(value ?? null);
  } else if (Array.isArray(value)) {
    yield '[';
    open.push({ close: ']', values: items(value), first: true });
  } else {
    yield '{';
    open.push({ close: '}', values: members(value), first: true });
  }
}

function* items(array: readonly unknown[]): Generator<readonly [string, unknown]> {
  for (const item of array) yield ['', item];
}

function* members(object: object): Generator<readonly [string, unknown]> {
  for (const [key, value] of Object.entries(object) as [string, unknown][]) {
    if (value !== undefined) yield [`${JSON.stringify(key)}:`, value];
  }
}

function* byteArray(bytes: Uint8Array): Generator<string, void, undefined> {
  yield '[';
  for (let start = 0; start < bytes.length; start += BLOCK) {
    yield `${start === 0 ? '' : ','}${bytes.subarray(start, start + BLOCK).join(',')}`;
  }
  yield ']';
}

/** A surrogate pair cut in two is written as two escapes, which mean the same character. */
function* longString(text: string): Generator<string, void, undefined> {
  yield '"';
  for (let start = 0; start < text.length; start += BLOCK) {
    yield JSON.stringify(text.slice(start, start + BLOCK)).slice(1, -1);
  }
  yield '"';
}
