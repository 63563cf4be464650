import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export interface HashOptions {
  readonly algorithm?: 'sha256' | 'md5';
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes more have been read. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/** The hash of a file, SHA-256 unless told otherwise, in lower-case hexadecimal; read in a stream. */
export async function hashFile(path: string, options: HashOptions = {}): Promise<string> {
  const { algorithm = 'sha256', signal, onBytes } = options;
  const hash = createHash(algorithm);
  const stream = createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) });
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    hash.update(part);
    onBytes?.(part.length);
  }
  return hash.digest('hex');
}
