import type { FoundPack } from './list-packs.js';
import { readManifest } from './pack.js';

/** The family of the pack that comes with the program. */
export const EMBEDDED_FAMILY = 'lite';

/**
 * Families in the order in which `auto` prefers them: larger encoders before smaller ones, of the same size HQ-SAM, which
 * was trained for exact edges, before SAM. The embedded pack comes last.
 */
export const AUTO_ORDER: readonly string[] = [
  'hq-vit-h',
  'sam-vit-h',
  'hq-vit-l',
  'sam-vit-l',
  'hq-vit-b',
  'sam-vit-b',
  'hq-tiny',
  'mobile-sam',
  EMBEDDED_FAMILY,
];

/**
 * The pack of the most preferred family, the first of several; undefined where none has a family of the order. A pack
 * whose manifest cannot be read is passed over.
 */
export async function bestPack(packs: readonly FoundPack[]): Promise<FoundPack | undefined> {
  const families = await Promise.all(
    packs.map(({ directory }) =>
      readManifest(directory).then(
        ({ family }) => family,
        () => null,
      ),
    ),
  );
  for (const family of AUTO_ORDER) {
    const index = families.indexOf(family);
    if (index >= 0) return packs[index];
  }
  return undefined;
}
