import { type DestinationStream, type Logger, pino } from 'pino';
import { RefinerError } from '../errors.js';

export type Log = Logger;

/** Keys whose values never reach the log, down to two levels inside a logged object. */
const SECRET_KEYS = [
  'authorization',
  'Authorization',
  'cookie',
  'set-cookie',
  'token',
  'access_token',
  'accessToken',
  'labelStudioToken',
  'cvatAccessToken',
  'cvatToken',
  'cvatPassword',
  'refresh',
  'api_key',
  'apiKey',
  'password',
  'basicAuthPass',
  'secret',
];

/**
 * JSON lines on stdout, one an event, with secrets removed by key. Addresses go through `loggableUrl` before they are
 * logged. `destination` is for tests.
 */
export function createLog(level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: loggableError },
    redact: {
      paths: ['', '*.', '*.*.'].flatMap((prefix) => SECRET_KEYS.map((key) => pathOf(prefix, key))),
      censor: '[hidden]',
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

function pathOf(prefix: string, key: string): string {
  return key.includes('-') ? `${prefix.replace(/\.$/, '')}["${key}"]` : `${prefix}${key}`;
}

/** An error with everything the operator needs and its chain of causes; facts of a `RefinerError` are never secret. */
function loggableError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  return {
    name: error.name,
    message: error.message,
    ...(error instanceof RefinerError ? { code: error.code, facts: error.facts } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: loggableError(error.cause) }),
  };
}
