import { RefinerError } from '../errors.js';
import { type JsonLimits, scanJson } from './json-scan.js';

/**
 * The value of a JSON text in UTF-8. Throws BODY_NOT_JSON (also for bytes that are not UTF-8), BODY_TOO_DEEP,
 * BODY_INVALID. The text itself never enters the error: it may hold a token.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): unknown {
  scanJson(bytes, limits);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const position = error instanceof SyntaxError ? /position (\d+)/.exec(error.message)?.[1] : undefined;
    throw new RefinerError('BODY_NOT_JSON', {
      expected: 'JSON in UTF-8',
      received: describeText(bytes, position),
    });
  }
}

function describeText(bytes: Uint8Array, position: string | undefined): string {
  if (bytes.length === 0) return 'an empty body';
  return position === undefined ? 'something else' : `something else at position ${position}`;
}
