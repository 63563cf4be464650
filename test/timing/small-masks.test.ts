import assert from 'node:assert/strict';
import test from 'node:test';
import { timeSmallMasksMs } from '../../bench/small-masks.js';
import { PRESETS } from '../../src/refiner/presets.js';

const MASKS = 40;
const SMALL = { width: 800, height: 600 };
const LARGE = { width: 4000, height: 3000 };

test('small masks cost on a large image less than three times what they cost on a small one', async () => {
  for (const preset of ['official', 'paper'] as const) {
    const options = { ...PRESETS[preset], rounds: 1 };
    let smallMs = Infinity;
    let largeMs = Infinity;
    // The least of alternating runs: other load on the machine only ever adds time.
    for (let run = 0; run < 5; run++) {
      smallMs = Math.min(smallMs, await timeSmallMasksMs(MASKS, SMALL, options));
      largeMs = Math.min(largeMs, await timeSmallMasksMs(MASKS, LARGE, options));
    }
    assert.ok(largeMs < 3 * smallMs, `${preset}: ${smallMs} ms, on the large image ${largeMs} ms`);
  }
});
