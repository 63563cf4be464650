import type { FileHandle } from 'node:fs/promises';
import { RefinerError } from '../../errors.js';

/** Node reads at most 2 GiB at once. */
const MAX_READ_BYTES = 1 << 30;

/** Reads `bytes` bytes at `offset`; a file that ends before is CHECKPOINT_INVALID. The caller has bounded `bytes`. */
export async function readExactly(
  file: FileHandle,
  offset: number,
  bytes: number,
  where: string,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  let done = 0;
  while (done < bytes) {
    const length = Math.min(bytes - done, MAX_READ_BYTES);
    const { bytesRead } = await file.read(buffer, done, length, offset + done);
    if (bytesRead === 0) {
      throw new RefinerError('CHECKPOINT_INVALID', {
        where,
        expected: `${bytes} bytes at ${offset}`,
        received: `${done}, then the end of the file`,
      });
    }
    done += bytesRead;
  }
  return buffer;
}
