/**
 * The index of the greatest value among those named, the first named of equals. Null when none is named, or when one
 * of them does not exist or is not finite: then nothing can be said of the others either.
 */
export function firstGreatest(values: ArrayLike<number>, among: readonly number[]): number | null {
  let best: number | null = null;
  let greatest = -Infinity;
  for (const index of among) {
    const value = values[index];
    if (value === undefined || !Number.isFinite(value)) return null;
    if (value > greatest) {
      best = index;
      greatest = value;
    }
  }
  return best;
}
