/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over arrays */
import { RefinerError } from '../errors.js';
import type { Mask } from '../refiner/types.js';
import { formatCocoCounts, parseCocoCounts } from './coco-counts.js';
import { requireMaskSize } from './mask-limits.js';
import { addRun, maskFromRuns, noRuns, runsOfMask } from './pixel-runs.js';
import { transposeMask } from './transpose-mask.js';

/**
 * Decodes COCO's run lengths of a `width × height` image (pixels), compressed (string) or not (array): counts of
 * background and foreground in turn, background first, column by column.
 * Throws RLE_INVALID for counts that cannot be, RLE_SIZE_MISMATCH when they do not sum to width · height or the size is
 * absurd; nothing of the mask's size is allocated before that is known. Source: pycocotools, common/maskApi.c.
 */
export function decodeCocoRle(counts: string | readonly number[], width: number, height: number): Mask {
  requireMaskSize(width, height, 'RLE_SIZE_MISMATCH');
  const parsed = typeof counts === 'string' ? parseCocoCounts(counts) : counts;
  const runs = noRuns();
  let pixel = 0;
  for (let i = 0; i < parsed.length; i += 1) {
    const count = parsed[i]!;
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RefinerError('RLE_INVALID', {
        where: `COCO count ${i}`,
        expected: 'an integer of 0 or more',
        received: String(count).slice(0, 40),
      });
    }
    const end = pixel + count;
    if (end > width * height) throw wrongSum(`more, by count ${i}`, width, height);
    if (i % 2 === 1) addRun(runs, pixel, end);
    pixel = end;
  }
  if (pixel !== width * height) throw wrongSum(`${pixel} pixels`, width, height);
  return transposeMask(maskFromRuns(runs, height, width));
}

/** Encodes a mask as COCO's compressed run lengths of the whole image, byte for byte as pycocotools does. */
export function encodeCocoRle(mask: Mask): { counts: string } {
  const { bounds, length } = runsOfMask(transposeMask(mask));
  const counts: number[] = [];
  let pixel = 0;
  for (let i = 0; i < length; i += 1) {
    counts.push(bounds[i]! - pixel);
    pixel = bounds[i]!;
  }
  const rest = mask.imageWidth * mask.imageHeight - pixel;
  if (rest > 0) counts.push(rest);
  return { counts: formatCocoCounts(counts) };
}

function wrongSum(received: string, width: number, height: number): RefinerError {
  return new RefinerError('RLE_SIZE_MISMATCH', {
    where: 'the COCO counts',
    expected: `${width * height} pixels (${width} × ${height})`,
    received,
  });
}
