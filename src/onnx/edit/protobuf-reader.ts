import { RefinerError } from '../../errors.js';

/** A field of a protocol-buffer message. `start` and `end` are its place in the message, its key included. */
export type Field = { readonly number: number; readonly start: number; readonly end: number } & (
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'fixed'; readonly bytes: Uint8Array }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
);

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const MAX_VARINT_BYTES = 10;

/**
 * The fields of a message, one after the other, without copying. Knows the wire format and nothing of any schema; who
 * reads nested messages calls it again with their bytes. Throws ONNX_INVALID where the bytes are not a message.
 */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  let offset = 0;
  while (offset < message.length) {
    const start = offset;
    const key = readVarint(message, offset);
    const number = Number(key.value >> 3n);
    const wire = Number(key.value & 7n);
    if (number < 1 || number > 0x1fffffff) throw damaged('a field number', String(number));
    if (wire === WIRE.varint) {
      const { value, end } = readVarint(message, key.end);
      yield { kind: 'integer', number, start, end, value };
      offset = end;
      continue;
    }
    const content = contentOf(message, key.end, wire);
    offset = content.end;
    const bytes = message.subarray(content.start, content.end);
    yield { kind: wire === WIRE.bytes ? 'bytes' : 'fixed', number, start, end: offset, bytes };
  }
}

/** The text of a field. Throws ONNX_INVALID when it is no UTF-8. */
export function textOf(field: Field): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(messageOf(field));
  } catch (cause) {
    if (cause instanceof RefinerError) throw cause;
    throw new RefinerError('ONNX_INVALID', { expected: 'text in UTF-8', received: 'other bytes' }, { cause });
  }
}

/** The bytes of a field that holds a message, text or packed numbers. */
export function messageOf(field: Field): Uint8Array {
  if (field.kind !== 'bytes')
    throw damaged(`bytes in field ${field.number}`, `a number of kind ${field.kind}`);
  return field.bytes;
}

/** The number of an integer field, signed. */
export function integerOf(field: Field): bigint {
  if (field.kind !== 'integer') throw damaged(`an integer in field ${field.number}`, field.kind);
  return BigInt.asIntN(64, field.value);
}

/** Repeated integers, of which a field has one, or all of them packed. */
export function integersOf(field: Field): readonly bigint[] {
  if (field.kind !== 'bytes') return [integerOf(field)];
  const values: bigint[] = [];
  for (let offset = 0; offset < field.bytes.length;) {
    const { value, end } = readVarint(field.bytes, offset);
    values.push(BigInt.asIntN(64, value));
    offset = end;
  }
  return values;
}

function contentOf(
  message: Uint8Array,
  offset: number,
  wire: number,
): { readonly start: number; readonly end: number } {
  let start = offset;
  let length: number;
  if (wire === WIRE.bytes) {
    const { value, end } = readVarint(message, offset);
    start = end;
    length = Number(value);
  } else if (wire === WIRE.fixed64 || wire === WIRE.fixed32) {
    length = wire === WIRE.fixed64 ? 8 : 4;
  } else {
    throw damaged('a known wire type', String(wire));
  }
  if (length > message.length - start) {
    throw damaged(`at most ${message.length - start} bytes`, `a length of ${length}`);
  }
  return { start, end: start + length };
}

function readVarint(bytes: Uint8Array, offset: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let index = 0; index < MAX_VARINT_BYTES; index++) {
    const byte = bytes[offset + index];
    if (byte === undefined) throw damaged('a number', 'the end of the bytes');
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: offset + index + 1 };
  }
  throw damaged(`a number of at most ${MAX_VARINT_BYTES} bytes`, 'a longer one');
}

function damaged(expected: string, received: string): RefinerError {
  return new RefinerError('ONNX_INVALID', { expected, received });
}
