import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { RefinerError } from '../../errors.js';

/**
 * Reads a file below `root` that a task names as `?d=<query>` (percent-encoded, relative to the root). Null when there is
 * no such file or it lies outside: symbolic links are resolved before the comparison, on both sides.
 * Throws IMAGE_TOO_LARGE over `maxBytes` (before reading), IMAGE_EMPTY for no bytes, or the signal's reason.
 */
export async function readLocalFile(
  root: string,
  query: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  for (const path of decodings(query)) {
    const inside = await pathInside(root, path);
    if (inside === null) continue;
    const bytes = await readWhole(inside, maxBytes, signal);
    if (bytes !== null) return bytes;
  }
  return null;
}

/** Label Studio writes paths percent-encoded; form encoding, where a plus is a space, comes from other tools. */
function decodings(query: string): readonly string[] {
  const path = query.replace(/[&#].*$/s, '');
  try {
    const decoded = decodeURIComponent(path);
    const form = decodeURIComponent(path.replaceAll('+', ' '));
    return (form === decoded ? [decoded] : [decoded, form]).filter((text) => !text.includes('\0'));
  } catch {
    return [];
  }
}

async function pathInside(root: string, path: string): Promise<string | null> {
  try {
    const realRoot = await realpath(root);
    const real = await realpath(resolve(realRoot, path.replace(/^\/+/, '')));
    return real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep) ? real : null;
  } catch {
    return null;
  }
}

async function readWhole(path: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array | null> {
  signal.throwIfAborted();
  // Non-blocking, because opening a named pipe would wait for its writer; the resolved path holds no more links.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => null);
  if (file === null) return null;
  try {
    const { size, isFile } = await file.stat().then((stat) => ({ size: stat.size, isFile: stat.isFile() }));
    if (!isFile) return null;
    if (size > maxBytes) {
      const facts = {
        where: 'a local file',
        expected: `at most ${maxBytes} bytes`,
        received: `${size} bytes`,
      };
      throw new RefinerError('IMAGE_TOO_LARGE', facts);
    }
    if (size === 0) throw new RefinerError('IMAGE_EMPTY', { where: 'a local file' });
    return await file.readFile({ signal });
  } finally {
    await file.close();
  }
}
