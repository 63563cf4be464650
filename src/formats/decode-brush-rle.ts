/* eslint-disable @typescript-eslint/no-non-null-assertion -- a two-bit class is always one of the four */
import { RefinerError } from '../errors.js';
import type { Mask } from '../refiner/types.js';
import { bitsLeft, readBits, readWord, type BitReader } from './bit-reader.js';
import { readBrushRleHeader, type BrushRleHeader } from './brush-rle-header.js';
import { requireMaskSize } from './mask-limits.js';
import { addRun, maskFromRuns, noRuns, type PixelRuns } from './pixel-runs.js';

/**
 * Decodes Label Studio's brush code of a `width × height` image (pixels): RGBA words, interleaved, row by row, of which
 * the fourth is the mask. A pixel is foreground when alpha > 127, or, when that leaves nothing, when alpha > 0. Words
 * missing at the end are 0, bytes after the last word are ignored, an empty array is an empty mask.
 *
 * Throws RLE_INVALID when the header is cut, RLE_SIZE_MISMATCH when it does not promise width · height · 4 words or the
 * size is absurd; nothing is allocated before that is known.
 * Source: Label Studio protocol note section 7; the library is thi.ng/rle-pack.
 */
export function decodeBrushRle(rle: Uint8Array, width: number, height: number): Mask {
  requireMaskSize(width, height, 'RLE_SIZE_MISMATCH');
  if (rle.length === 0) return maskFromRuns(noRuns(), width, height);
  const header = readBrushRleHeader({ bytes: rle, position: 0 });
  if (header.wordCount !== width * height * 4) {
    throw new RefinerError('RLE_SIZE_MISMATCH', {
      where: 'the header of the brush code',
      expected: `${width * height * 4} words (${width} × ${height} pixels, 4 channels)`,
      received: `${header.wordCount} words`,
    });
  }
  const opaque = collectRuns(rle, 127);
  return maskFromRuns(opaque.length > 0 ? opaque : collectRuns(rle, 0), width, height);
}

/** Runs of pixels whose alpha word is above `threshold`. */
function collectRuns(rle: Uint8Array, threshold: number): PixelRuns {
  const reader: BitReader = { bytes: rle, position: 0 };
  const header = readBrushRleHeader(reader);
  const { wordCount, wordBits, classBits } = header;
  const runs = noRuns();
  let word = 0;
  while (word < wordCount && bitsLeft(reader) >= 3) {
    const kind = readBits(reader, 3);
    const countBits = classBits[kind & 3]!;
    if (bitsLeft(reader) < countBits + wordBits) break;
    const end = Math.min(wordCount, word + readBits(reader, countBits) + 1);
    if ((kind & 4) !== 0) {
      // Pixel p has its alpha at word 4p + 3, so words [a, b) hold the alphas of pixels [a >> 2, b >> 2).
      if (readWord(reader, wordBits) > threshold) addRun(runs, word >>> 2, end >>> 2);
    } else {
      addLiterals(runs, reader, header, { word, end, threshold });
    }
    word = end;
  }
  return runs;
}

/** Looks at every alpha among literal words `[word, end)`; words cut off by the end of the bytes are background. */
function addLiterals(
  runs: PixelRuns,
  reader: BitReader,
  { wordBits }: BrushRleHeader,
  span: { readonly word: number; readonly end: number; readonly threshold: number },
): void {
  const { word, end, threshold } = span;
  const start = reader.position;
  const available = Math.min(end, word + Math.floor(bitsLeft(reader) / wordBits));
  for (let alpha = word | 3; alpha < available; alpha += 4) {
    reader.position = start + (alpha - word) * wordBits;
    if (readWord(reader, wordBits) > threshold) addRun(runs, alpha >>> 2, (alpha >>> 2) + 1);
  }
  reader.position = start + (end - word) * wordBits;
}
