import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { RefinerError } from '../errors.js';
import { hashFile } from './hash-file.js';
import type { PackFile } from './pack-manifest.js';

/**
 * Checks that each file lies in the pack's folder, or where its absolute path says, and has the declared size and SHA-256. Reads in a stream, so that a
 * pack of gigabytes neither fills the memory nor holds up the event loop.
 *
 * Throws PACK_INVALID for a file that a link leads out of the folder, PACK_FILE_MISSING, PACK_FILE_DAMAGED, or the
 * signal's reason.
 */
export async function checkPackFiles(
  directory: string,
  files: readonly PackFile[],
  signal?: AbortSignal,
): Promise<void> {
  const root = await realpath(directory);
  for (const file of files) {
    signal?.throwIfAborted();
    const path = await requirePlace(root, file);
    await requireSize(path, file);
    const sha256 = await hashFile(path, { signal });
    if (sha256 !== file.sha256) {
      throw new RefinerError('PACK_FILE_DAMAGED', {
        where: file.path,
        expected: `SHA-256 ${file.sha256}`,
        received: sha256,
      });
    }
  }
}

/**
 * The file's real path. A relative one must lie under `root`: a link in a pack must not name other files of the machine.
 */
async function requirePlace(root: string, file: PackFile): Promise<string> {
  const outside = isAbsolute(file.path);
  const path = await realpath(outside ? file.path : join(root, file.path)).catch((cause: unknown) => {
    throw missing(file, cause);
  });
  if (outside || isInside(root, path)) return path;
  throw new RefinerError('PACK_INVALID', {
    where: file.path,
    expected: 'a file in the folder of the pack',
    received: 'a link that leads out of it',
  });
}

/** Whether `path` lies in the folder `root` or below; both real and absolute. */
export function isInside(root: string, path: string): boolean {
  const step = relative(root, path);
  return step !== '..' && !step.startsWith(`..${sep}`) && !isAbsolute(step);
}

async function requireSize(path: string, file: PackFile): Promise<void> {
  const found = await stat(path);
  if (!found.isFile()) throw missing(file);
  if (found.size === file.bytes) return;
  throw new RefinerError('PACK_FILE_DAMAGED', {
    where: file.path,
    expected: `${file.bytes} bytes`,
    received: `${found.size} bytes`,
  });
}

function missing(file: PackFile, cause?: unknown): RefinerError {
  return new RefinerError(
    'PACK_FILE_MISSING',
    { where: file.path, expected: `a file of ${file.bytes} bytes`, received: 'no such file' },
    { cause },
  );
}
