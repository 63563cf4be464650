import { maskFromBitmap } from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';

/** A mask drawn as text: `#` is foreground, one string a row. */
export function maskOf(...rows: readonly string[]): Mask {
  const width = rows[0]?.length ?? 0;
  const bitmap = Uint8Array.from(rows.join(''), (character) => (character === '#' ? 1 : 0));
  return maskFromBitmap(bitmap, width, rows.length);
}
