import { constants, copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { renameDurably } from './write-atomically.js';

/** Copies a file into a folder, where it is whole or not at all. Returns the copy's path. */
export async function copyInto(folder: string, file: string, name: string): Promise<string> {
  const path = join(folder, name);
  const part = `${path}.part`;
  try {
    await copyFile(file, part, constants.COPYFILE_FICLONE);
    await renameDurably(part, path);
    return path;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
