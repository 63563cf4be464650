import type { Request, Response } from 'express';
import { readRequestBody } from '../read-request-body.js';
import { requestSignal } from '../request-signal.js';
import type { NuclioUpstream, UpstreamAnswer } from './nuclio-upstream.js';
import { asReasonPhrase } from './reason-phrase.js';

/** CVAT's own default, where the request names none. */
const TIMEOUT_MS = 120_000;
const MAX_TIMEOUT_MS = 3_600_000;
/** Marks what we ask a Nuclio for, so that one that is set up to be ourselves is not asked again and again. */
export const HANDED_ON = 'x-samrefiner-handed-on';

/** Hands a request on to the Nuclio behind this server, and its answer back as it comes, reason phrase included. */
export async function handOn(
  req: Request,
  res: Response,
  upstream: NuclioUpstream,
  maxBodyBytes: number,
): Promise<void> {
  const signal = requestSignal(req, res);
  const isPost = req.method === 'POST';
  const answer = await upstream.ask({
    method: isPost ? 'POST' : 'GET',
    path: req.path,
    headers: headersOf(req),
    ...(isPost ? { body: await readRequestBody(req, maxBodyBytes) } : {}),
    timeoutMs: timeoutMs(req),
    signal,
  });
  send(res, answer);
}

/** What CVAT told Nuclio: which function, which namespace, how long. */
export function headersOf(req: Request): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { [HANDED_ON]: '1' };
  for (const [name, value] of Object.entries(req.headers)) {
    const isForNuclio = name.startsWith('x-nuclio-') || name === 'content-type' || name === 'user-agent';
    if (isForNuclio && typeof value === 'string') headers[name] = value;
  }
  return headers;
}

function send(res: Response, { status, reason, contentType, body }: UpstreamAnswer): void {
  res.status(status).set('Content-Type', contentType);
  if (reason !== '') res.statusMessage = asReasonPhrase(reason);
  res.end(body);
}

function timeoutMs(req: Request): number {
  const seconds = Number(/^(\d{1,5})s$/.exec(req.get('x-nuclio-invoke-timeout') ?? '')?.[1]);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, MAX_TIMEOUT_MS) : TIMEOUT_MS;
}
