import type { Lane } from './inference.js';

/** Waiting requests: interactive ones before batch ones, first come first served inside a lane. */
export interface Lanes<Item extends { readonly lane: Lane }> {
  readonly length: number;
  push(item: Item): void;
  /** False if the item was not waiting. */
  remove(item: Item): boolean;
  /** The waiting requests of a lane, the oldest first; a copy, so that they may be removed while it is read. */
  waiting(lane: Lane): readonly Item[];
}

export const LANES: readonly Lane[] = ['interactive', 'batch'];

export function createLanes<Item extends { readonly lane: Lane }>(): Lanes<Item> {
  const lanes: Record<Lane, Item[]> = { interactive: [], batch: [] };
  return {
    get length() {
      return lanes.interactive.length + lanes.batch.length;
    },
    push(item) {
      lanes[item.lane].push(item);
    },
    remove(item) {
      const index = lanes[item.lane].indexOf(item);
      if (index >= 0) lanes[item.lane].splice(index, 1);
      return index >= 0;
    },
    waiting: (lane) => [...lanes[lane]],
  };
}
