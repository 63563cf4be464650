import type { Candidates, Decoder, FramePrompt } from './engine.js';
import type { IouAdapter } from './iou-adapter.js';
import { selectCandidate, type Selection } from './select.js';

/** How prompts are decoded and their candidates chosen. */
export interface DecodeRun {
  readonly decoder: Decoder;
  readonly iouAdapter: IouAdapter | null;
  /** Most prompts in one decoder run, at least 1. */
  readonly decoderBatch: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Decodes a prompt for each item and hands its chosen candidate to `take`; null when its numbers are not finite. Prompts
 * of equal point counts share decoder runs. They are made just before their run, so that few are in memory at a time;
 * a selection is valid only while `take` runs. Rejects with the signal's reason when aborted.
 */
export async function decodeInGroups<Item>(
  items: readonly Item[],
  promptOf: (item: Item) => FramePrompt,
  { decoder, iouAdapter, decoderBatch, signal }: DecodeRun,
  take: (item: Item, selection: Selection | null) => void,
): Promise<void> {
  interface Prompted {
    readonly item: Item;
    readonly prompt: FramePrompt;
  }
  const decodeGroup = async (group: readonly Prompted[]): Promise<void> => {
    signal?.throwIfAborted();
    const prompts = group.map(({ prompt }) => prompt);
    const decoded: readonly Candidates[] = await decoder.decode(prompts, signal);
    group.forEach(({ item }, i) => {
      const candidates = decoded[i];
      take(item, candidates ? selectCandidate(candidates, decoder.selectable, iouAdapter) : null);
    });
  };
  const groups = new Map<number, Prompted[]>();
  for (const item of items) {
    signal?.throwIfAborted();
    const prompt = promptOf(item);
    const pointCount = prompt.labels.length;
    const group = groups.get(pointCount) ?? [];
    group.push({ item, prompt });
    groups.set(pointCount, group);
    if (group.length < decoderBatch) continue;
    groups.delete(pointCount);
    await decodeGroup(group);
  }
  for (const group of groups.values()) await decodeGroup(group);
}
