// Fetches the editor of Label Studio, as it was published on npm, for the browser tests: its built files alone, because
// installing the package brings two hundred packages of its old build chain. Does nothing when it is there already.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = '@heartexlabs/label-studio@1.4.0';
const INTEGRITY =
  'sha512-NczF2gDF/Whq7+xI3tYZLrAk8Pq6hacXhYEDmWfHAQIZ0eiieyrMxxHz4KIU7wnagComaGv+QJ2Zc6SBcBmuCg==';
const FOLDER = 'build/label-studio-editor';

if (!existsSync(FOLDER)) {
  mkdirSync('build', { recursive: true });
  const partial = mkdtempSync('build/fetching-');
  try {
    const options = ['--pack-destination', partial, '--loglevel', 'error'];
    execFileSync('npm', ['pack', PACKAGE, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
    const archive = join(partial, readdirSync(partial)[0]);
    const received = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (received !== INTEGRITY) throw new Error(`${PACKAGE}: expected ${INTEGRITY} but received ${received}`);
    execFileSync('tar', ['-xzf', archive, '-C', partial, 'package/build/static', 'package/LICENSE']);
    renameSync(join(partial, 'package'), FOLDER);
  } finally {
    rmSync(partial, { recursive: true });
  }
}
