// Runs the compiled tests with Node's own runner: `npm test` for all, `npm test -- refiner` for those whose path
// contains a word. (Node 20's `--test` takes no glob patterns, so the files are listed here; from the sources, because
// the build folder may hold tests that were since renamed.) Tests in a browser need Chromium and run when they are asked
// for: `npm run test:browser`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const BROWSER = 'browser/';
const words = process.argv.slice(2);
const files = readdirSync('test', { recursive: true })
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .filter((name) => !name.startsWith(BROWSER) || words.some((word) => word.startsWith(BROWSER)))
  .sort()
  .map((name) => join('build/test', name.replace(/\.ts$/, '.js')));

// Tests that hold a clock against the code want the machine for themselves.
const timed = files.filter((name) => /^build\/test\/(timing|browser)\//.test(name));
const untimed = files.filter((name) => !timed.includes(name));

if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`);
  process.exit(1);
}

async function run(names, concurrency) {
  if (names.length === 0) return true;
  const options = ['--test', `--test-concurrency=${concurrency}`, '--test-reporter=spec'];
  const runner = spawn(process.execPath, [...options, ...names], { stdio: 'inherit' });
  const [code] = await once(runner, 'exit');
  return code === 0;
}

const passed = [await run(timed, 1), await run(untimed, 2)];
process.exit(passed.every(Boolean) ? 0 : 1);
