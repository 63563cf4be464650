import { RefinerError, type ErrorCode, type ErrorFacts } from '../errors.js';

/** An error as it travels between the server and an inference worker. */
export interface WireError {
  /** Null for an error that is not of the catalogue. */
  readonly code: ErrorCode | null;
  readonly facts: ErrorFacts;
  readonly message: string;
  readonly stack: string | null;
}

export function toWireError(error: unknown): WireError {
  const { message, stack = null } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof RefinerError) return { code: error.code, facts: error.facts, message, stack };
  return { code: null, facts: {}, message, stack };
}

/** The same error on the other side; what is not of the catalogue becomes INTERNAL with the original as its cause. */
export function fromWireError(wire: WireError): RefinerError {
  if (wire.code !== null) return new RefinerError(wire.code, wire.facts);
  const cause = new Error(wire.message);
  if (wire.stack !== null) cause.stack = wire.stack;
  return new RefinerError('INTERNAL', { received: wire.message }, { cause });
}
