import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export interface HashedFile {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** The SHA-256 of a file, read in a stream. Throws the signal's reason, or what reading throws. */
export async function hashFile(
  path: string,
  {
    signal,
    onBytes,
  }: { readonly signal?: AbortSignal | undefined; readonly onBytes?: (count: number) => void } = {},
): Promise<HashedFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) });
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    hash.update(part);
    bytes += part.length;
    onBytes?.(part.length);
  }
  return { sha256: hash.digest('hex'), bytes };
}
