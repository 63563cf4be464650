import type { Pack } from './pack.js';

/** Hexadecimal digits of the fingerprint in a version: enough to tell changed weights from unchanged ones. */
const FINGERPRINT_DIGITS = 8;

/**
 * `<name>-<version>+<start of the pack's fingerprint>`: the same as long as results are the same. Known from the pack
 * alone, before the model is opened.
 */
export function modelVersionOf({ manifest, fingerprint }: Pick<Pack, 'manifest' | 'fingerprint'>): string {
  return `${manifest.name}-${manifest.version}+${fingerprint.slice(0, FINGERPRINT_DIGITS)}`;
}
