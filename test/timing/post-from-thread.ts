import { request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

/** Program of a thread that builds a large task, posts it and counts the answer: apart from the loop that is watched. */
export interface LargePost {
  readonly port: number;
  readonly path: string;
  readonly megabytes: number;
  readonly content: 'rle' | 'points' | 'text';
}

export interface LargeAnswer {
  readonly status: number;
  readonly bytes: number;
}

function bodyOf({ megabytes, content }: LargePost): Buffer {
  const bytes = megabytes * 1_000_000;
  const pieces: Record<LargePost['content'], string> = {
    rle: `{"rle":[${Array.from({ length: 250_000 }, (_, index) => index % 256).join(',')}]}`,
    points: `{"points":[${Array.from({ length: 20_000 }, (_, index) => `[${index / 7},${index / 11}]`).join(',')}]}`,
    text: JSON.stringify({ imageDataURL: 'A'.repeat(20_000_000) }),
  };
  const piece = pieces[content];
  const count = Math.max(1, Math.floor(bytes / piece.length));
  return Buffer.from(`{"regions":[${Array.from({ length: count }, () => piece).join(',')}]}`);
}

if (parentPort) {
  const port = parentPort;
  const post = workerData as LargePost;
  const body = bodyOf(post);
  port.once('message', () => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
    const sent = request({ port: post.port, path: post.path, method: 'POST', headers }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => {
        port.postMessage({ status: response.statusCode ?? 0, bytes } satisfies LargeAnswer);
        port.close();
      });
    });
    sent.end(body);
  });
  port.postMessage('ready');
}
