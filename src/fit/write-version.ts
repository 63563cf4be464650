import { randomUUID } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { renameDurably } from '../models-store/write-atomically.js';

/**
 * Writes the file of the first free version from `version` on, whole or not at all, and returns that version. Two
 * programs that do so at once get a version each: the temporary file, which only one can make, is the lock on its name.
 */
export async function writeVersion(folder: string, version: number, bytes: Uint8Array): Promise<number> {
  const path = join(folder, `${version}.json`);
  const temporary = `${path}.part`;
  if (!(await writeNew(temporary, bytes))) return writeVersion(folder, version + 1, bytes);
  if (await exists(path)) {
    await rm(temporary);
    return writeVersion(folder, version + 1, bytes);
  }
  await renameDurably(temporary, path);
  return version;
}

/** Replaces a small file, whole or not at all. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  await writeNew(temporary, Buffer.from(text));
  await renameDurably(temporary, path);
}

/** Whether the file was made; false when it is there already. */
async function writeNew(path: string, bytes: Uint8Array): Promise<boolean> {
  const file = await open(path, 'wx').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  });
  if (file === null) return false;
  try {
    await file.writeFile(bytes);
    await file.sync();
    return true;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
