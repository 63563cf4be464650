/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { RefinerError } from '../errors.js';

export interface JsonLimits {
  /** Deepest nesting of arrays and objects. */
  readonly maxDepth: number;
  /** Most arrays, objects and strings (keys included); bounds the memory of the parsed value. */
  readonly maxNodes: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isOpening = (byte: number): boolean => byte === 0x5b || byte === 0x7b;
const isClosing = (byte: number): boolean => byte === 0x5d || byte === 0x7d;

/**
 * Walks over the bytes of a JSON text without building anything, so that a text made to exhaust stack or memory is
 * refused before it is parsed. Whether the text is valid JSON is not checked. Throws BODY_TOO_DEEP, BODY_INVALID.
 */
export function scanJson(bytes: Uint8Array, limits: JsonLimits): void {
  let depth = 0;
  let nodes = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (byte === QUOTE) {
      nodes++;
      index = endOfString(bytes, index + 1);
    } else if (isOpening(byte)) {
      nodes++;
      depth++;
      if (depth > limits.maxDepth) {
        throw new RefinerError('BODY_TOO_DEEP', {
          expected: `at most ${limits.maxDepth} levels`,
          received: 'more',
        });
      }
    } else if (isClosing(byte)) {
      depth--;
    }
    if (nodes > limits.maxNodes) {
      throw new RefinerError('BODY_INVALID', {
        expected: `at most ${limits.maxNodes} arrays, objects and strings`,
        received: 'more',
      });
    }
  }
}

/** Index of the quote that ends the string whose first character is at `start`, or the end of the bytes. */
function endOfString(bytes: Uint8Array, start: number): number {
  let quote = bytes.indexOf(QUOTE, start);
  while (quote !== -1 && isEscaped(bytes, quote, start)) quote = bytes.indexOf(QUOTE, quote + 1);
  return quote === -1 ? bytes.length : quote;
}

/** A quote is escaped by an odd number of backslashes before it. */
function isEscaped(bytes: Uint8Array, quote: number, start: number): boolean {
  let first = quote;
  while (first > start && bytes[first - 1] === BACKSLASH) first--;
  return (quote - first) % 2 === 1;
}
