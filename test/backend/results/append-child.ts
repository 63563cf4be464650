import { openResultStore } from '../../../src/backend/results/result-store.js';

/** Program of the process that `result-store.test.ts` kills: adds results to one file, without end. */
const [folder = ''] = process.argv.slice(2);
const store = openResultStore({ folder, maxBytes: 1 << 26, onFailure: (error) => console.error(error) });
const file = 'a'.repeat(64);
for (let number = 0; ; number++) {
  const key = number.toString(16).padStart(64, '0');
  store.add(file, [{ key, payload: new Uint8Array(20_000).fill(number) }]);
  await store.close();
  process.stdout.write(`${key}\n`);
}
