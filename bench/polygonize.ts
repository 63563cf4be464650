import { maskFromBitmap } from '../src/refiner/mask.js';
import { polygonize, polygonizeAll } from '../src/refiner/polygonize.js';
import type { Mask } from '../src/refiner/types.js';

/** Time to turn masks into polygons at an IoU of 0.98: `node build/bench/polygonize.js`. */
const RUNS = 9;

function report(name: string, mask: Mask): void {
  const one = median(() => polygonize(mask).ring.length / 2);
  const all = median(() => polygonizeAll(mask).rings.reduce((sum, ring) => sum + ring.length / 2, 0));
  console.log(
    `${name}: one polygon ${one.ms.toFixed(1)} ms (${one.vertices} vertices), ` +
      `all rings ${all.ms.toFixed(1)} ms (${all.vertices} vertices)`,
  );
}

function median(run: () => number): { ms: number; vertices: number } {
  let vertices = 0;
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    vertices = run();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return { ms: times[Math.floor(RUNS / 2)] ?? 0, vertices };
}

/** A wobbly ellipse; each pixel's threshold is shaken by `roughness`, each pixel flipped with the chance `specks`. */
function blob(width: number, height: number, roughness: number, specks: number): Mask {
  const bitmap = new Uint8Array(width * height);
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < bitmap.length; i++) {
    const dx = (i % width) / width - 0.5;
    const dy = Math.floor(i / width) / height - 0.5;
    const angle = Math.atan2(dy, dx);
    const reach =
      0.38 + 0.05 * Math.sin(3 * angle) + 0.03 * Math.cos(7 * angle) + 0.02 * Math.sin(11 * angle);
    const inside = Math.hypot(dx, dy) < reach + roughness * (random() - 0.5);
    bitmap[i] = inside === random() >= specks ? 1 : 0;
  }
  return maskFromBitmap(bitmap, width, height);
}

report('smooth 1000 × 700', blob(1000, 700, 0, 0));
report('smooth 4000 × 3000', blob(4000, 3000, 0, 0));
report('noisy 4000 × 3000', blob(4000, 3000, 0.01, 0.001));
