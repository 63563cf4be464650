import { constants } from 'node:fs';
import { mkdir, open, realpath, rename } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { RefinerError } from '../../errors.js';

/** Undefined on Windows, where it counts as none. */
const NO_LINKS = constants.O_NOFOLLOW;

/**
 * The real path of a folder that a stranger named relative to `root`; it is made if it is missing and `create` is set.
 * Symbolic links are resolved before the comparison, on both sides. Throws JOB_FOLDER_INVALID for everything else.
 */
export async function folderBelow(root: string, named: string, create = false): Promise<string> {
  const invalid = (expected: string, cause?: unknown): RefinerError =>
    new RefinerError('JOB_FOLDER_INVALID', { expected, received: named.slice(0, 200) }, { cause });
  if (named.includes('\0') || isAbsolute(named)) throw invalid('a path relative to the data folder');
  try {
    const realRoot = await realpath(root);
    const wanted = resolve(realRoot, named);
    if (!isBelow(realRoot, wanted) || !isBelow(realRoot, await nearestReal(wanted))) {
      throw invalid('a folder below the data folder');
    }
    if (create) await mkdir(wanted, { recursive: true });
    const real = await realpath(wanted);
    if (!isBelow(realRoot, real)) throw invalid('a folder below the data folder');
    return real;
  } catch (cause) {
    throw cause instanceof RefinerError ? cause : invalid('a folder that exists and can be read', cause);
  }
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
}

/** The real path of the nearest ancestor that exists, the path itself included. */
async function nearestReal(path: string): Promise<string> {
  const real = await realpath(path).catch(() => null);
  return real ?? (dirname(path) === path ? path : nearestReal(dirname(path)));
}

/**
 * Reads a file of a folder, no link. Throws IMAGE_TOO_LARGE over `maxBytes` (before reading), IMAGE_EMPTY,
 * IMAGE_NOT_FOUND, or the signal's reason.
 */
export async function readFileOf(
  folder: string,
  name: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  // Non-blocking, because opening a named pipe would wait for its writer.
  const file = await open(join(folder, name), constants.O_RDONLY | NO_LINKS | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw new RefinerError('IMAGE_NOT_FOUND', { where: name }, { cause });
    },
  );
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new RefinerError('IMAGE_NOT_FOUND', { where: name, expected: 'a file' });
    if (stat.size === 0) throw new RefinerError('IMAGE_EMPTY', { where: name });
    if (stat.size > maxBytes) {
      const [expected, received] = [`at most ${maxBytes} bytes`, `${stat.size} bytes`];
      throw new RefinerError('IMAGE_TOO_LARGE', { where: name, expected, received });
    }
    return await file.readFile({ signal });
  } finally {
    await file.close();
  }
}

/** Writes a file so that it is either there whole, on the disk, or not at all. A link of that name is replaced. */
export async function writeFileOf(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(folder, `.${name}.part`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | NO_LINKS;
  const file = await open(temporary, flags, 0o644);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, name));
}
