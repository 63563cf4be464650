// Runs the compiled tests with Node's own runner: `npm test` for all, `npm test -- refiner` for those whose path
// contains a word. (Node 20's `--test` takes no glob patterns, so the files are listed here.)
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const words = process.argv.slice(2);
const files = readdirSync('build/test', { recursive: true })
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort()
  .map((name) => join('build/test', name));

if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`);
  process.exit(1);
}
const runner = spawn(process.execPath, ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files], {
  stdio: 'inherit',
});
runner.on('exit', (code) => process.exit(code ?? 1));
