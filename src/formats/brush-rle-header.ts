import { RefinerError } from '../errors.js';
import { readBits, readWord, type BitReader } from './bit-reader.js';

/** 32 bits word count, 5 bits word size − 1, four times 4 bits class size − 1. */
export const HEADER_BITS = 32 + 5 + 4 * 4;

/** What a brush code says of itself before its items begin. */
export interface BrushRleHeader {
  readonly wordCount: number;
  readonly wordBits: number;
  /** Bits of the count field for each of the four length classes. */
  readonly classBits: readonly [number, number, number, number];
}

/** Label Studio's own parameters. */
export const EDITOR_WORD_BITS = 8;
export const EDITOR_CLASS_BITS = [3, 4, 8, 16] as const;

/** Reads the header. Throws RLE_INVALID when the bytes end inside it. */
export function readBrushRleHeader(reader: BitReader): BrushRleHeader {
  if (reader.bytes.length * 8 < HEADER_BITS) {
    throw new RefinerError('RLE_INVALID', {
      where: 'the header of the brush code',
      expected: `at least ${Math.ceil(HEADER_BITS / 8)} bytes`,
      received: `${reader.bytes.length} bytes`,
    });
  }
  const wordCount = readWord(reader, 32);
  const wordBits = readBits(reader, 5) + 1;
  const classBit = (): number => readBits(reader, 4) + 1;
  return { wordCount, wordBits, classBits: [classBit(), classBit(), classBit(), classBit()] };
}
