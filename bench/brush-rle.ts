/**
 * Milliseconds to encode and decode the brush code of a painted 4000 × 3000 mask: median and worst of 20 after a warm-up.
 * Run: `npm run typecheck && node build/bench/brush-rle.js`
 */
import { cpus } from 'node:os';
import { decodeBrushRle, encodeBrushRle } from '../src/formats/label-studio-rle.js';
import { paintedBlobs } from '../test/support/bitmaps.js';

const width = 4000;
const height = 3000;
const mask = paintedBlobs(width, height);
const rle = encodeBrushRle(mask);

function measure(name: string, work: () => void): void {
  for (let i = 0; i < 3; i += 1) work();
  const times = Array.from({ length: 20 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  const [median, worst] = [times[10] ?? 0, times[19] ?? 0];
  console.log(`${name}: median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`);
}

console.log(
  `${width} × ${height}, ${rle.length} bytes, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`,
);
measure('encode', () => encodeBrushRle(mask));
measure('decode', () => decodeBrushRle(rle, width, height));
