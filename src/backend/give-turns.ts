import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long a loop may hold the thread; everything else that is being answered waits that long. */
const MAX_HELD_MS = 10;

/** A function to await in every pass of a long loop: lets other work go on when the loop has held the thread too long. */
export function giveTurns(): () => Promise<void> | void {
  let heldSince = performance.now();
  return () => {
    if (performance.now() - heldSince < MAX_HELD_MS) return;
    return nextTurn().then(() => {
      heldSince = performance.now();
    });
  };
}
