import { setImmediate as nextTurn } from 'node:timers/promises';
import { RefinerError } from '../../errors.js';

/** Characters decoded at a time; a multiple of four, so that every block is whole bytes. */
const BLOCK_CHARACTERS = 4 * 1024 * 1024;

/**
 * The bytes of an image in base64, decoded in blocks between which other requests get their turn. The size is checked
 * before anything is decoded. Throws IMAGE_TOO_LARGE over `maxBytes`, IMAGE_EMPTY for no text, BODY_INVALID for what is
 * no base64.
 */
export async function decodeBase64Image(text: string, maxBytes: number): Promise<Uint8Array> {
  if (text === '') throw new RefinerError('IMAGE_EMPTY', { where: '/image' });
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  // One character is less than a byte: a group of one cannot be.
  if ((text.length - padding) % 4 === 1) throw notBase64();
  const length = Math.floor(((text.length - padding) * 3) / 4);
  if (length > maxBytes) {
    throw new RefinerError('IMAGE_TOO_LARGE', {
      where: '/image',
      expected: `at most ${maxBytes} bytes`,
      received: `${length} bytes`,
    });
  }
  const bytes = Buffer.alloc(length);
  let written = 0;
  for (let start = 0; start < text.length; start += BLOCK_CHARACTERS) {
    if (start > 0) await nextTurn();
    const block = text.slice(start, start + BLOCK_CHARACTERS);
    const expected = Math.min(Math.floor((block.length * 3) / 4), length - written);
    // Characters that are no base64 are skipped by the decoder and so are missed at the end of the block.
    if (bytes.write(block, written, 'base64') !== expected) throw notBase64();
    written += expected;
  }
  return bytes;
}

function notBase64(): RefinerError {
  return new RefinerError('BODY_INVALID', { where: '/image', expected: 'base64', received: 'other text' });
}
