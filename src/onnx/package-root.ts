import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE_NAME = 'samrefiner';

interface PackageRoot {
  readonly directory: string;
  readonly version: string;
}

/**
 * The folder of this package, where `models/` lies: the nearest folder above this file whose `package.json` has our
 * name. Found by walking up because the compiled file lies at different depths in an installation and in a test build.
 */
export async function findPackageRoot(): Promise<string> {
  return (await findPackage()).directory;
}

/** The version in our `package.json`. */
export async function packageVersion(): Promise<string> {
  return (await findPackage()).version;
}

async function findPackage(): Promise<PackageRoot> {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; ; directory = dirname(directory)) {
    const version = await versionIn(directory);
    if (version !== null) return { directory, version };
    if (directory === dirname(directory)) {
      throw new Error(`no package.json of ${PACKAGE_NAME} in or above ${start}`);
    }
  }
}

async function versionIn(directory: string): Promise<string | null> {
  const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  const found = JSON.parse(text) as { readonly name?: unknown; readonly version?: unknown };
  return found.name === PACKAGE_NAME && typeof found.version === 'string' ? found.version : null;
}
