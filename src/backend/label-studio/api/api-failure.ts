import { RefinerError, type ErrorCode } from '../../../errors.js';
import type { GuardedResponse } from '../../guarded-http.js';
import { discardBody, readBody } from '../../read-body.js';
import type { Connection } from '../connection.js';
import { isJsonObject } from '../json-object.js';
import { explainRefusal } from '../refusal.js';
import { retryAfterSeconds } from './retry.js';

/** Guarded fetching speaks of images; here the same failures are Label Studio's. */
const CODES: Partial<Record<ErrorCode, ErrorCode>> = {
  IMAGE_UNAUTHORIZED: 'LABEL_STUDIO_UNAUTHORIZED',
  IMAGE_NOT_FOUND: 'LABEL_STUDIO_NOT_FOUND',
  IMAGE_FETCH_FAILED: 'LABEL_STUDIO_FAILED',
  IMAGE_FETCH_TIMEOUT: 'LABEL_STUDIO_TIMEOUT',
  IMAGE_TOO_LARGE: 'LABEL_STUDIO_TOO_LARGE',
  IMAGE_EMPTY: 'LABEL_STUDIO_ANSWER',
  IMAGE_ADDRESS_REFUSED: 'LABEL_STUDIO_ADDRESS_REFUSED',
  BODY_NOT_JSON: 'LABEL_STUDIO_ANSWER',
  BODY_TOO_DEEP: 'LABEL_STUDIO_ANSWER',
  BODY_INVALID: 'LABEL_STUDIO_ANSWER',
};

const CALLED = { kind: 'path' } as const;
const NO_TASK_CREDENTIALS = { login: null, password: null };

const MAX_REFUSAL_BYTES = 64 * 1024;
const MAX_DETAIL_CHARACTERS = 400;

/** The failure of a call in the terms of Label Studio's API; a refusal names host, kind of token and remedy. */
export function apiFailure(error: unknown, connection: Connection): unknown {
  const explained = explainRefusal(error, connection, CALLED, NO_TASK_CREDENTIALS);
  if (!(explained instanceof RefinerError)) return explained;
  const code = CODES[explained.code];
  if (code === undefined) return explained;
  const where = explained.facts.where ?? connection.origin;
  const place = where.startsWith(connection.origin) ? where : `${connection.origin}, ${where}`;
  return new RefinerError(code, { ...explained.facts, where: place }, { cause: explained });
}

/** What an answer other than a success means. Its body is read, or dropped where it is too long. */
export async function refusalOf(
  response: GuardedResponse,
  { origin, key }: Connection,
  nowMs: number,
): Promise<RefinerError> {
  const { status, url, headers } = response;
  const where = `${origin}${url.pathname}`;
  if (status >= 300 && status < 400) {
    discardBody(response);
    const target = URL.canParse(headers.location ?? '', url.href)
      ? new URL(headers.location ?? '', url)
      : null;
    const received = `a redirect to ${target === null ? 'nowhere' : target.origin + target.pathname.slice(0, 100)}`;
    const expected = 'the very address of Label Studio, with its scheme and folder, as LABEL_STUDIO_URL';
    return new RefinerError('LABEL_STUDIO_ANSWER', { where, expected, received });
  }
  const detail = await detailIn(response, key?.value ?? null);
  const received = `status ${status}${detail === '' ? '' : ` (${detail})`}`;
  const wait = retryAfterSeconds(headers['retry-after'], nowMs);
  return new RefinerError(codeOf(status), {
    where,
    received,
    ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
  });
}

function codeOf(status: number): ErrorCode {
  // Translated with host, kind of token and remedy where the request ends.
  if (status === 401) return 'IMAGE_UNAUTHORIZED';
  if (status === 404 || status === 410) return 'LABEL_STUDIO_NOT_FOUND';
  if (status === 429 || status === 503) return 'LABEL_STUDIO_BUSY';
  return status >= 500 ? 'LABEL_STUDIO_FAILED' : 'LABEL_STUDIO_REFUSED';
}

/** The reason in an error answer, cut and without markup; nothing when there is none that can be read. */
async function detailIn(response: GuardedResponse, token: string | null): Promise<string> {
  try {
    const body: unknown = JSON.parse(Buffer.from(await readBody(response, MAX_REFUSAL_BYTES)).toString());
    const text = isJsonObject(body) ? sentences(body['validation_errors'] ?? body['detail'] ?? body) : '';
    const plain = text.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');
    const safe = token === null ? plain : plain.replaceAll(token, '[hidden]');
    return safe.length <= MAX_DETAIL_CHARACTERS ? safe : `${safe.slice(0, MAX_DETAIL_CHARACTERS)}…`;
  } catch {
    return '';
  }
}

/** All texts of a validation report: `{"url": ["Can't connect"], "non_field_errors": [...]}`. */
function sentences(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.slice(0, 10).map(sentences).filter(Boolean).join('; ');
  if (!isJsonObject(value)) return '';
  return Object.entries(value)
    .slice(0, 10)
    .map(([name, entry]) => [name === 'non_field_errors' ? '' : name, sentences(entry)])
    .filter(([, text]) => text !== '')
    .map(([name, text]) => (name === '' ? text : `${name}: ${text}`))
    .join('; ');
}
