import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A file under test/fixtures; names ending in .gz are unpacked. Tests run with the repository as working directory. */
export function readFixture(name: string): Buffer {
  const bytes = readFileSync(join('test', 'fixtures', name));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}
