import type { ErrorRequestHandler } from 'express';
import { RefinerError } from '../../errors.js';

const MAX_CHARACTERS = 250;
/** Characters of our messages that a reason phrase cannot hold, in ASCII. */
const ASCII: Readonly<Record<string, string>> = { '×': 'x', '’': "'", '–': '-', '−': '-', '±': '+-' };

/**
 * Puts the refusal into the reason phrase of the answer: CVAT shows its user that and loses the body (protocol note,
 * section 2.4). Comes before `errorResponse`, which answers.
 */
export function explainInReasonPhrase(): ErrorRequestHandler {
  return (thrown: unknown, _req, res, next) => {
    if (!res.headersSent) res.statusMessage = reasonPhraseOf(thrown);
    next(thrown);
  };
}

/** One line of printable ASCII. The facts of errors that are the server's own fault stay in the log. */
export function reasonPhraseOf(thrown: unknown): string {
  const error = thrown instanceof RefinerError ? thrown : new RefinerError('INTERNAL');
  return asReasonPhrase(`SAMRefiner: ${error.status === 500 ? error.publicMessage : error.message}`);
}

/** A text as far as a reason phrase can hold it. */
export function asReasonPhrase(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => ASCII[character] ?? '?').slice(0, MAX_CHARACTERS);
}
