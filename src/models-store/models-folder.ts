import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ownModelsFolder } from '../onnx/find-pack.js';

/** The folder that models are installed in, made if need be: the configured one, or that of the program itself. */
export async function modelsFolder(configured: string | null): Promise<string> {
  const folder = configured === null ? await ownModelsFolder() : resolve(configured);
  await mkdir(folder, { recursive: true });
  return folder;
}
