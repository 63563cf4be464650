import type { StageTimes } from './inference.js';

export type Stage = 'wait' | 'imageDecode' | 'encode' | 'prompt' | 'decode' | 'output';

/** Measures how long the work of one request was in each stage; stages nest, and time counts for the innermost. */
export interface StageClock {
  during<T>(stage: Stage, work: () => Promise<T>): Promise<T>;
  times(): StageTimes;
}

/** A clock at zero. `nowMs` is a monotonic time in milliseconds. */
export function createStageClock(nowMs: () => number = () => performance.now()): StageClock {
  const spentMs: Record<Stage, number> = {
    wait: 0,
    imageDecode: 0,
    encode: 0,
    prompt: 0,
    decode: 0,
    output: 0,
  };
  let current: Stage | null = null;
  let sinceMs = nowMs();

  function enter(stage: Stage | null): Stage | null {
    const timeMs = nowMs();
    if (current !== null) spentMs[current] += timeMs - sinceMs;
    const outer = current;
    current = stage;
    sinceMs = timeMs;
    return outer;
  }

  return {
    async during(stage, work) {
      const outer = enter(stage);
      try {
        return await work();
      } finally {
        enter(outer);
      }
    },
    times: () => ({
      queueMs: spentMs.wait,
      imageDecodeMs: spentMs.imageDecode,
      encodeMs: spentMs.encode,
      promptMs: spentMs.prompt,
      decodeMs: spentMs.decode,
      outputMs: spentMs.output,
    }),
  };
}
