/* eslint-disable @typescript-eslint/no-non-null-assertion -- callers ask `bitsLeft` first; a missing byte reads as 0 */

/** Bits of a byte array, most significant first. */
export interface BitReader {
  readonly bytes: Uint8Array;
  /** Index of the next bit. */
  position: number;
}

export function bitsLeft(reader: BitReader): number {
  return reader.bytes.length * 8 - reader.position;
}

/** Reads an unsigned number of 1 to 24 bits. Callers check `bitsLeft` first. */
export function readBits(reader: BitReader, count: number): number {
  const { bytes, position } = reader;
  const byte = position >>> 3;
  const word = (bytes[byte]! << 24) | (bytes[byte + 1]! << 16) | (bytes[byte + 2]! << 8) | bytes[byte + 3]!;
  reader.position = position + count;
  return (word << (position & 7)) >>> (32 - count);
}

/** Reads an unsigned number of 1 to 32 bits. */
export function readWord(reader: BitReader, count: number): number {
  if (count <= 24) return readBits(reader, count);
  const high = readBits(reader, count - 16);
  return high * 0x10000 + readBits(reader, 16);
}
