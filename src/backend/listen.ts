import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ERROR_CATALOGUE } from '../errors.js';
import type { Drain } from './drain.js';

export interface ListenSettings {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly drain: Drain;
  readonly drainTimeoutMs: number;
}

export interface RunningServer {
  /** The port that was really taken. */
  readonly port: number;
  /**
   * Refuses new requests, lets those in progress finish for `drainTimeoutMs`, breaks off the rest, and closes the
   * port. True when nothing had to be broken off.
   */
  stop(): Promise<boolean>;
}

/** Longer than the idle time of usual proxies (60 s), so that it is they who close, never in the middle of a request. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const HEADERS_TIMEOUT_MS = 20_000;
/** For the whole request, body included. */
const REQUEST_TIMEOUT_MS = 120_000;

/** Starts to listen; rejects with the system's error when the port cannot be taken. */
export async function listen(app: RequestListener, settings: ListenSettings): Promise<RunningServer> {
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
    },
    app,
  );
  server.on('clientError', answerClientError);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(settings.port, settings.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      settings.drain.begin();
      const allFinished = await settings.drain.finished(settings.drainTimeoutMs);
      await close(server);
      return allFinished;
    },
  };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A request that is not HTTP, or too slow, never reaches the app; it gets JSON like all others. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] = clientErrorStatus(error.code);
  const body = JSON.stringify({ error: { code: 'BODY_INVALID', message, id: '' }, detail: message });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function clientErrorStatus(code: string | undefined): readonly [status: string, message: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['431 Request Header Fields Too Large', 'The request headers are too large.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', 'The request did not arrive in time.'];
    default:
      return ['400 Bad Request', ERROR_CATALOGUE.BODY_INVALID.message];
  }
}
