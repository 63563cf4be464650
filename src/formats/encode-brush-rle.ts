/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { Mask } from '../refiner/types.js';
import { createBitWriter, finishBits, writeBits, type BitWriter } from './bit-writer.js';
import { EDITOR_CLASS_BITS, EDITOR_WORD_BITS } from './brush-rle-header.js';
import { runsOfMask } from './pixel-runs.js';

const LONGEST_RUN = 1 << EDITOR_CLASS_BITS[3];

/**
 * Encodes a mask as Label Studio's brush code: 0 or 255 in all four channels of the whole image. Written from the runs of
 * the mask, every run in the smallest class that holds it, so a blob costs a few bytes a row. All lengths are multiples
 * of four, so the editor's own reader and writer never meet the run remainder of one word that they lose.
 * Source: Label Studio protocol note sections 7.1 to 7.4.
 */
export function encodeBrushRle(mask: Mask): Uint8Array {
  const writer = createBitWriter();
  const pixelCount = mask.imageWidth * mask.imageHeight;
  writeHeader(writer, pixelCount * 4);
  const { bounds, length } = runsOfMask(mask);
  let pixel = 0;
  for (let i = 0; i < length; i += 2) {
    writeRun(writer, 0, (bounds[i]! - pixel) * 4);
    pixel = bounds[i + 1]!;
    writeRun(writer, 255, (pixel - bounds[i]!) * 4);
  }
  writeRun(writer, 0, (pixelCount - pixel) * 4);
  return finishBits(writer);
}

function writeHeader(writer: BitWriter, wordCount: number): void {
  writeBits(writer, wordCount >>> 16, 16);
  writeBits(writer, wordCount & 0xffff, 16);
  writeBits(writer, EDITOR_WORD_BITS - 1, 5);
  for (const bits of EDITOR_CLASS_BITS) writeBits(writer, bits - 1, 4);
}

/** One run of `words` equal words, in as many items as its length needs. */
function writeRun(writer: BitWriter, value: number, words: number): void {
  let left = words;
  while (left > 0) {
    const length = Math.min(left, LONGEST_RUN);
    const lengthClass = smallestClass(length);
    writeBits(writer, 4 | lengthClass, 3);
    writeBits(writer, length - 1, EDITOR_CLASS_BITS[lengthClass]);
    writeBits(writer, value, EDITOR_WORD_BITS);
    left -= length;
  }
}

function smallestClass(length: number): 0 | 1 | 2 | 3 {
  if (length <= 1 << EDITOR_CLASS_BITS[0]) return 0;
  if (length <= 1 << EDITOR_CLASS_BITS[1]) return 1;
  return length <= 1 << EDITOR_CLASS_BITS[2] ? 2 : 3;
}
