/** The image formats that are decoded. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'tiff' | 'gif' | 'avif';

/** Formats that are recognised only to say so in the refusal. */
type RefusedFormat = 'bmp' | 'heic' | 'svg' | 'pdf';

type Signature = readonly [format: ImageFormat | RefusedFormat, offset: number, text: string];

/** Latin-1 text at an offset. Sources: the formats' own specifications, ISO/IEC 14496-12 for `ftyp` brands. */
const SIGNATURES: readonly Signature[] = [
  ['jpeg', 0, '\xff\xd8\xff'],
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['tiff', 0, 'II*\0'],
  ['tiff', 0, 'MM\0*'],
  ['tiff', 0, 'II+\0'],
  ['tiff', 0, 'MM\0+'],
  ['gif', 0, 'GIF87a'],
  ['gif', 0, 'GIF89a'],
  ['webp', 8, 'WEBP'],
  ['avif', 4, 'ftypavif'],
  ['avif', 4, 'ftypavis'],
  ['heic', 4, 'ftyphei'],
  ['heic', 4, 'ftypmif1'],
  ['bmp', 0, 'BM'],
  ['pdf', 0, '%PDF-'],
];

const LONGEST_SIGNATURE_BYTES = 64;

/**
 * What the first bytes say a file is; null for anything unknown. Text that opens with a tag counts as SVG. The bytes
 * decide, not a file name, and they decide before a decoder sees the file: what can be decoded is on this list.
 */
export function sniffImageFormat(bytes: Uint8Array): ImageFormat | RefusedFormat | null {
  const head = Buffer.from(bytes.subarray(0, LONGEST_SIGNATURE_BYTES)).toString('latin1');
  const found = SIGNATURES.find(([, offset, text]) => head.startsWith(text, offset));
  if (found?.[0] === 'webp' && !head.startsWith('RIFF')) return null;
  if (found) return found[0];
  return /^(\xef\xbb\xbf)?\s*<(\?xml|svg|!doctype svg|!--)/i.test(head) ? 'svg' : null;
}

export function isDecodable(format: ReturnType<typeof sniffImageFormat>): format is ImageFormat {
  return format !== null && !['bmp', 'heic', 'svg', 'pdf'].includes(format);
}
