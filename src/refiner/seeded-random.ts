/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loop over the array */

/** The next number of a sequence, uniform in [0, 1), a multiple of 2⁻³². */
export type Random = () => number;

/** Steps after which two seeds that differ in one bit have nothing in common. */
const WARM_UP = 16;

/**
 * A sequence that depends on nothing but the lowest 32 bits of `seed` and `stream`; streams of one seed are
 * independent. Source: Chris Doty-Humphrey's sfc32 (PractRand), counter starting at 1.
 */
export function seededRandom(seed: number, stream = 0): Random {
  let a = stream >>> 0;
  let b = seed >>> 0;
  let c = 0x9e3779b9;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum / 2 ** 32;
  };
  for (let i = 0; i < WARM_UP; i++) next();
  return next;
}

/** A whole number in [0, bound). */
export function randomBelow(bound: number, random: Random): number {
  return Math.floor(random() * bound);
}

/** The numbers 0 to `count − 1` in random order (Fisher and Yates, from the last place to the second). */
export function shuffledIndices(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = randomBelow(last + 1, random);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
