/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over arrays */
import { RefinerError } from '../errors.js';

const FIRST_CHARACTER = 48;
const CONTINUES = 0x20;
const NEGATIVE = 0x10;
/** Six groups of five bits hold every difference of two counts of the largest mask, sign included. */
const MAX_GROUPS = 6;

/**
 * Reads COCO's compressed counts: each count as groups of five bits, least significant first, in characters from '0';
 * from the fourth on, counts are differences to the one before last. Throws RLE_INVALID at the first character that
 * cannot be, or when a count is negative.
 * Source: pycocotools, common/maskApi.c, rleFrString.
 */
export function parseCocoCounts(text: string): number[] {
  const counts: number[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    let value = 0;
    let group = CONTINUES;
    while ((group & CONTINUES) !== 0) {
      group = text.charCodeAt(at) - FIRST_CHARACTER;
      if (!(group >= 0 && group < 64) || at - start === MAX_GROUPS) throw damaged(text, at);
      value |= (group & 0x1f) << (5 * (at - start));
      at += 1;
    }
    if ((group & NEGATIVE) !== 0) value |= -1 << (5 * (at - start));
    if (counts.length > 2) value += counts[counts.length - 2]!;
    if (value < 0) throw damaged(text, start);
    counts.push(value);
  }
  return counts;
}

/** Writes counts as `parseCocoCounts` reads them, byte for byte as pycocotools does (rleToString). */
export function formatCocoCounts(counts: readonly number[]): string {
  const codes = new Uint8Array(counts.length * MAX_GROUPS);
  let length = 0;
  for (let i = 0; i < counts.length; i += 1) {
    let value = i > 2 ? counts[i]! - counts[i - 2]! : counts[i]!;
    let more = true;
    while (more) {
      const group = value & 0x1f;
      value >>= 5;
      more = (group & NEGATIVE) !== 0 ? value !== -1 : value !== 0;
      codes[length] = (more ? group | CONTINUES : group) + FIRST_CHARACTER;
      length += 1;
    }
  }
  return Buffer.from(codes.buffer, 0, length).toString('latin1');
}

function damaged(text: string, at: number): RefinerError {
  return new RefinerError('RLE_INVALID', {
    where: `character ${at} of the COCO counts`,
    expected: 'groups of characters from "0" to "o" that spell counts of 0 or more',
    received: at < text.length ? JSON.stringify(text.slice(at, at + 8)) : 'the end of the text',
  });
}
