import { RefinerError } from '../errors.js';

/** Longest `;`-separated head of a data URI before its comma. */
const MAX_HEAD = 1024;

export function isDataUri(address: string): boolean {
  return /^data:/i.test(address.slice(0, 5));
}

/**
 * The bytes of a `data:` URI (RFC 2397), base64 or percent-encoded; the media type is not looked at. The size is known
 * and checked before anything is decoded.
 * Throws IMAGE_URL_INVALID for a damaged URI, IMAGE_TOO_LARGE over `maxBytes`, IMAGE_EMPTY for no bytes.
 */
export function decodeDataUri(uri: string, maxBytes: number): Uint8Array {
  const comma = uri.slice(0, MAX_HEAD).indexOf(',');
  if (comma === -1) throw invalid('a comma after the media type', 'none');
  const isBase64 = /;\s*base64\s*$/i.test(uri.slice(5, comma));
  // Percent escapes make a payload at most three times as long, base64 another 4/3 and its padding.
  refuseOver(maxBytes, Math.floor((uri.length - comma - 1) / 4) - 2);
  const payload = uri.slice(comma + 1);
  const bytes = isBase64 ? decodeBase64(unescapedText(payload), maxBytes) : decodePercent(payload, maxBytes);
  if (bytes.length === 0) throw new RefinerError('IMAGE_EMPTY', { where: 'the data URI' });
  return bytes;
}

function decodeBase64(payload: string, maxBytes: number): Uint8Array {
  const text = /\s/.test(payload) ? payload.replace(/\s+/g, '') : payload;
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw invalid('base64 characters', 'others');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  refuseOver(maxBytes, Math.floor(((text.length - padding) * 3) / 4));
  return Buffer.from(text, 'base64');
}

function decodePercent(payload: string, maxBytes: number): Uint8Array {
  const escapes = payload.split('%').length - 1;
  refuseOver(maxBytes, payload.length - 2 * escapes);
  const bytes = Buffer.from(unescapedText(payload), 'latin1');
  refuseOver(maxBytes, bytes.length);
  return bytes;
}

/** Percent escapes as the characters of those codes. */
function unescapedText(payload: string): string {
  if (!payload.includes('%')) return payload;
  if (/%(?![0-9a-f]{2})/i.test(payload)) throw invalid('two hexadecimal digits after each %', 'others');
  return payload.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}

function refuseOver(maxBytes: number, bytes: number): void {
  if (bytes <= maxBytes) return;
  throw new RefinerError('IMAGE_TOO_LARGE', {
    where: 'the data URI',
    expected: `at most ${maxBytes} bytes`,
    received: `at least ${bytes} bytes`,
  });
}

function invalid(expected: string, received: string): RefinerError {
  return new RefinerError('IMAGE_URL_INVALID', { where: 'the data URI', expected, received });
}
