// The cost of small masks must follow their size, not the image's: 500 masks of 40 × 40 px on a photograph of 12
// megapixels against the same on 0.5 megapixels, with a decoder that costs nothing, so that only the refiner is timed.
// Run: npx tsc -b tsconfig.test.json && node build/bench/refiner.js
import { PRESETS } from '../src/refiner/presets.js';
import { timeSmallMasksMs } from './small-masks.js';

const COUNT = 500;
const SMALL = { width: 800, height: 600 };
const LARGE = { width: 4000, height: 3000 };
const RUNS = 3;

for (const preset of ['official', 'paper'] as const) {
  for (const rounds of [1, 5]) {
    const options = { ...PRESETS[preset], rounds };
    const best = async (image: typeof SMALL): Promise<number> => {
      let leastMs = Infinity;
      for (let run = 0; run < RUNS; run++) {
        leastMs = Math.min(leastMs, await timeSmallMasksMs(COUNT, image, options));
      }
      return leastMs;
    };
    const smallMs = await best(SMALL);
    const largeMs = await best(LARGE);
    console.log(
      `${preset}, ${rounds} round(s), ${COUNT} masks: ` +
        `${SMALL.width}×${SMALL.height} ${smallMs.toFixed(0)} ms, ` +
        `${LARGE.width}×${LARGE.height} ${largeMs.toFixed(0)} ms, ratio ${(largeMs / smallMs).toFixed(2)}`,
    );
  }
}
