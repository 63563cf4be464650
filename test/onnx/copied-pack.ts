import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { GraphPackManifest } from '../../src/onnx/pack-manifest.js';
import { findPackageRoot } from '../../src/onnx/package-root.js';

/** A manifest of which every part may be changed, also into something that is not allowed. */
export type LooseManifest = { -readonly [Key in keyof GraphPackManifest]: Record<string, unknown> } & Record<
  string,
  unknown
>;

export async function litePackDirectory(): Promise<string> {
  return join(await findPackageRoot(), 'models', 'lite');
}

export async function readLiteManifest(): Promise<LooseManifest> {
  const text = await readFile(join(await litePackDirectory(), 'pack.json'), 'utf8');
  return JSON.parse(text) as LooseManifest;
}

/** An empty folder that goes when the test ends. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'samrefiner-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of the lite pack in a folder that goes when the test ends, its manifest changed by `change`. */
export async function copyLitePack(
  t: TestContext,
  change: (manifest: LooseManifest) => void = () => undefined,
): Promise<string> {
  const [from, to] = [await litePackDirectory(), await temporaryFolder(t)];
  const entries = await readdir(from, { withFileTypes: true });
  for (const entry of entries)
    if (entry.isFile()) await copyFile(join(from, entry.name), join(to, entry.name));
  const manifest = await readLiteManifest();
  change(manifest);
  await writeFile(join(to, 'pack.json'), JSON.stringify(manifest));
  return to;
}
