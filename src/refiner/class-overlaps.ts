/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { cropMask } from './mask.js';
import type { Mask, Size } from './types.js';
import { unionMasks } from './union.js';

/** What a class claims, and how strongly: asked only for pixels of its mask. */
export interface ClassClaim {
  readonly mask: Mask;
  readonly strengthAt: (x: number, y: number) => number;
}

const NOBODY = -1;

/**
 * Gives each pixel that several classes claim to the strongest claim, to the earlier class among equals. The masks that
 * come back, in the order of the claims, share no pixel and together cover what was claimed.
 */
export function resolveClassOverlaps(claims: readonly ClassClaim[], size: Size): readonly Mask[] {
  const { box } = unionMasks(
    claims.map((claim) => claim.mask),
    size,
  );
  const width = box.x1 - box.x0;
  const owners = new Int32Array(width * (box.y1 - box.y0)).fill(NOBODY);
  const ownerIndex = (x: number, y: number): number => (y - box.y0) * width + (x - box.x0);
  claims.forEach((claim, k) => {
    forEachPixel(claim.mask, (x, y) => {
      const index = ownerIndex(x, y);
      const owner = owners[index]!;
      if (owner === NOBODY || claim.strengthAt(x, y) > claims[owner]!.strengthAt(x, y)) owners[index] = k;
    });
  });
  return claims.map(({ mask }, k) => {
    const data = new Uint8Array(mask.data.length);
    forEachPixel(mask, (x, y, i) => {
      if (owners[ownerIndex(x, y)] === k) data[i] = 1;
    });
    return cropMask({ ...mask, data });
  });
}

function forEachPixel(mask: Mask, visit: (x: number, y: number, index: number) => void): void {
  const { x0, y0, x1, y1 } = mask.box;
  let index = 0;
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++, index++) if (mask.data[index] === 1) visit(x, y, index);
  }
}
