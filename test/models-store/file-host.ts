import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface FileHost {
  /** Address of the file. */
  readonly url: string;
  /** The `Range` header of each request, oldest first; null without one. */
  readonly ranges: readonly (string | null)[];
  /** What the host has; changing it changes the ETag. */
  content: Buffer;
  /** Answers the coming requests in place of the file, one each. */
  readonly faults: ((request: IncomingMessage, response: ServerResponse) => void)[];
}

/** A real HTTP server on 127.0.0.1 with one file, which it sends from any byte on. */
export async function openFileHost(t: TestContext, content: Buffer): Promise<FileHost> {
  const ranges: (string | null)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? null);
    const fault = host.faults.shift();
    if (fault) fault(request, response);
    else sendFile(request, response, host.content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const host: FileHost = { url: `http://127.0.0.1:${port}/file.pth`, ranges, content, faults: [] };
  return host;
}

/**
 * Sends a whole file or what a range asks for, if that is of this version of the file; with `most`, no more than so many
 * bytes of what it announces, and then nothing.
 */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  content: Buffer,
  most = Infinity,
): void {
  const etag = `"${content.length}-${content.readUInt32LE(content.length - 8)}"`;
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const resumes = asked !== null && request.headers['if-range'] === etag;
  const from = resumes ? Number(asked[1]) : 0;
  if (resumes && from >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const range = resumes ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {};
  response.writeHead(resumes ? 206 : 200, { etag, 'content-length': content.length - from, ...range });
  const part = content.subarray(from);
  if (part.length <= most) response.end(part);
  else response.write(part.subarray(0, most));
}
