import type { Pack } from './pack.js';

/** Characters of the fingerprint in a version: enough to tell two builds of a pack apart. */
const FINGERPRINT_CHARACTERS = 8;

/**
 * `<pack>-<version>-<fingerprint>`: the same as long as results are the same. Known from the pack alone, before the model
 * is opened.
 */
export function modelVersionOf({ manifest, fingerprint }: Pick<Pack, 'manifest' | 'fingerprint'>): string {
  return `${manifest.name}-${manifest.version}-${fingerprint.slice(0, FINGERPRINT_CHARACTERS)}`;
}
