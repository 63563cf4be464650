export interface SplitOptions {
  /** Share of the images to hold out, 0 to 1. */
  readonly heldOutShare: number;
  readonly seed: number;
}

/** Three images in ten. */
export const SPLIT_DEFAULTS: SplitOptions = { heldOutShare: 0.3, seed: 0 };

/**
 * Whether an image is held out from learning, decided by its name and the seed alone: it stays on its side when others
 * come or go, and for whatever prompts its examples are made with.
 */
export function isHeldOut(image: string, { heldOutShare, seed }: SplitOptions): boolean {
  return hashOf(image, seed) / 2 ** 32 < heldOutShare;
}

/** Parts anything that names its image, in the given order. */
export function splitByImage<T extends { readonly image: string }>(
  examples: readonly T[],
  options: SplitOptions,
): { readonly training: readonly T[]; readonly heldOut: readonly T[] } {
  return {
    training: examples.filter(({ image }) => !isHeldOut(image, options)),
    heldOut: examples.filter(({ image }) => isHeldOut(image, options)),
  };
}

/** FNV-1a over UTF-16 code units, then the finishing steps of MurmurHash3, so that names in sequence scatter. */
function hashOf(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
