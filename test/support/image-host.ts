import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ImageHost {
  readonly origin: string;
  readonly port: number;
  /** Everything that has been asked of it, oldest first. */
  readonly received: readonly ReceivedRequest[];
}

export type Answer = (request: ReceivedRequest, response: ServerResponse) => void;

/** A real HTTP server on 127.0.0.1 for the time of one test. */
export async function openImageHost(context: TestContext, answer: Answer): Promise<ImageHost> {
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const { method = '', url = '', headers } = request;
      const seen = { method, url, authorization: headers.authorization, headers, body };
      received.push(seen);
      answer(seen, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, port, received };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  return body;
}

/** Answers by path, as a small image host would; unknown paths are 404. */
export function answers(table: Readonly<Record<string, Answer>>): Answer {
  return (request, response) => {
    const answer = table[request.url] ?? status(404);
    answer(request, response);
  };
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_, response) => {
    response.writeHead(code, headers).end();
  };
}

export function bytes(content: string | Uint8Array): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'image/png' }).end(content);
  };
}

export function redirect(location: string, code = 302): Answer {
  return status(code, { location });
}

export function json(code: number, body: unknown): Answer {
  return (_, response) => {
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}
