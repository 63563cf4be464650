import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageVersion } from '../../onnx/package-root.js';
import { contentHash } from './content-hash.js';

/** The folders whose code decides what a refinement answers. */
const FOLDERS = ['refiner', 'formats', 'onnx'];

/**
 * Changes with the program's version and with every change of the code that makes results: what another build has
 * answered is not answered again.
 */
export async function programFingerprint(): Promise<string> {
  const program = fileURLToPath(new URL('../..', import.meta.url));
  const files: [name: string, bytes: Uint8Array][] = [];
  for (const folder of FOLDERS) {
    const names = await readdir(join(program, folder), { recursive: true });
    for (const name of names.filter((file) => file.endsWith('.js')).sort()) {
      files.push([join(folder, name), await readFile(join(program, folder, name))]);
    }
  }
  return contentHash([await packageVersion(), files]);
}
