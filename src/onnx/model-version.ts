import type { Precision } from './execution.js';
import type { Pack } from './pack.js';

/** Hexadecimal digits of the fingerprint in a version: enough to tell changed weights from unchanged ones. */
const FINGERPRINT_DIGITS = 8;

/**
 * `<name>-<version>+<start of the pack's fingerprint>`: and `-int8` at that precision: the same as long as results are
 * the same but for the last bits, in which processors differ. Known before the model is opened.
 */
export function modelVersionOf(
  { manifest, fingerprint }: Pick<Pack, 'manifest' | 'fingerprint'>,
  precision: Precision = 'fp32',
): string {
  const exact = `${manifest.name}-${manifest.version}+${fingerprint.slice(0, FINGERPRINT_DIGITS)}`;
  return precision === 'fp32' ? exact : `${exact}-${precision}`;
}
