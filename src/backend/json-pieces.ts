/**
 * A parsed JSON value on its way between two threads. Taking a message apart costs the receiving thread time, so a
 * large value is cut: each piece has a bounded size and adds entries to one container that is still incomplete.
 */
export interface JsonPiece {
  /** Number of the container that the entries belong to; 0 is an array that holds nothing but the whole value. */
  readonly into: number;
  readonly entries: unknown[] | Record<string, unknown>;
  /** Containers inside `entries` that later pieces add to: their numbers, and where in `entries` they are. */
  readonly open: readonly { readonly id: number; readonly path: readonly (string | number)[] }[];
}

/** Buffers that travel with a piece instead of being copied. */
export interface CutPiece {
  readonly piece: JsonPiece;
  readonly transfer: readonly ArrayBuffer[];
  readonly last: boolean;
}

type Container = readonly unknown[] | Readonly<Record<string, unknown>>;

/** A container of which some entries have not been sent yet. */
interface Frame {
  readonly id: number;
  readonly source: Container;
  /** Its keys; null for an array. */
  readonly keys: readonly string[] | null;
  next: number;
}

/** Size of a piece, in units of about one number. */
const PIECE_BUDGET = 40_000;
const CONTAINER_COST = 8;
const CHARACTERS_PER_UNIT = 16;
/** Shorter arrays of bytes are not worth a buffer of their own. */
const MIN_BYTES = 64;

/**
 * Cuts a JSON value into pieces. Arrays under the key `rle` that hold only integers from 0 to 255 (Label Studio's brush
 * code, by far the largest part of what it sends) become `Uint8Array`s.
 */
export class JsonPieceCutter {
  readonly #incomplete: Frame[];
  #lastId = 0;
  #budget = 0;
  #transfer: ArrayBuffer[] = [];
  #opened: { frame: Frame; path: (string | number)[] }[] = [];

  constructor(value: unknown) {
    this.#incomplete = [{ id: 0, source: [value], keys: null, next: 0 }];
  }

  /** The next piece; after one with `last` there is none. */
  next(): CutPiece {
    const frame = this.#incomplete.pop();
    if (!frame) throw new RangeError('all pieces have been cut');
    this.#budget = PIECE_BUDGET;
    this.#transfer = [];
    this.#opened = [];
    const entries = this.#fill(frame);
    // The innermost container was left first: completing it first keeps the number of incomplete ones low.
    for (const opened of [...this.#opened].reverse()) this.#incomplete.push(opened.frame);
    return {
      piece: {
        into: frame.id,
        entries,
        open: this.#opened
          .filter((opened) => opened.frame !== frame)
          .map(({ frame: { id }, path }) => ({ id, path })),
      },
      transfer: this.#transfer,
      last: this.#incomplete.length === 0,
    };
  }

  /** Copies entries of the container until it ends or the piece is full. */
  #fill(frame: Frame): unknown[] | Record<string, unknown> {
    const { source, keys } = frame;
    const array: unknown[] = [];
    const record: Record<string, unknown> = {};
    const length = keys?.length ?? (source as readonly unknown[]).length;
    while (frame.next < length && this.#budget > 0) {
      const index = frame.next++;
      const key = keys?.[index];
      if (key === undefined) {
        const value = this.#copy((source as readonly unknown[])[index], null, array.length);
        array.push(value);
      } else {
        const value = this.#copy((source as Readonly<Record<string, unknown>>)[key], key, key);
        setOwn(record, key, value);
      }
    }
    if (frame.next < length) this.#opened.push({ frame, path: [] });
    return keys === null ? array : record;
  }

  #copy(value: unknown, key: string | null, place: string | number): unknown {
    if (typeof value === 'string') this.#budget -= 1 + value.length / CHARACTERS_PER_UNIT;
    else this.#budget -= 1;
    if (typeof value !== 'object' || value === null) return value;
    const bytes = key === 'rle' ? asBytes(value) : null;
    if (bytes) {
      this.#transfer.push(bytes.buffer);
      return bytes;
    }
    this.#budget -= CONTAINER_COST;
    const source = value as Container;
    const before = this.#opened.length;
    const copy = this.#fill({
      id: ++this.#lastId,
      source,
      keys: Array.isArray(source) ? null : Object.keys(source),
      next: 0,
    });
    for (let index = before; index < this.#opened.length; index++) this.#opened[index]?.path.unshift(place);
    return copy;
  }
}

/** Puts pieces together again. */
export class JsonAssembly {
  readonly #whole: unknown[] = [];
  readonly #incomplete = new Map<number, unknown>([[0, this.#whole]]);

  add(piece: JsonPiece): void {
    const container = this.#incomplete.get(piece.into);
    for (const { id, path } of piece.open) {
      this.#incomplete.set(id, path.reduce<unknown>(entryOf, piece.entries));
    }
    if (Array.isArray(container) && Array.isArray(piece.entries)) {
      for (const entry of piece.entries) container.push(entry);
    } else {
      for (const [key, value] of Object.entries(piece.entries)) {
        setOwn(container as Record<string, unknown>, key, value);
      }
    }
  }

  /** The value, once the last piece was added. */
  value(): unknown {
    return this.#whole[0];
  }
}

function entryOf(container: unknown, key: string | number): unknown {
  return (container as Readonly<Record<string | number, unknown>>)[key];
}

/** Sets an own property whatever its name: assigning to `__proto__` would change the prototype instead. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

function asBytes(value: object): Uint8Array<ArrayBuffer> | null {
  if (!Array.isArray(value) || value.length < MIN_BYTES) return null;
  const items: readonly unknown[] = value;
  if (!items.every((item) => Number.isInteger(item) && (item as number) >= 0 && (item as number) <= 255))
    return null;
  return Uint8Array.from(items as readonly number[]);
}
