import type { PromptOptions } from '../refiner/options.js';

/** The single prompt that is learned from; `both` makes one example with each. */
export type PromptKind = 'box' | 'point' | 'both';

export const PROMPT_KINDS: readonly PromptKind[] = ['box', 'point', 'both'];

/** The prompts of one kind: the tight box alone (official `iou_adaption_davis585.py`), or the positive point alone. */
export function singlePrompts(kind: PromptKind, options: PromptOptions): readonly PromptOptions[] {
  const none = { ...options, usePoints: false, useNegativePoint: false, useBox: false, useMask: false };
  const box = { ...none, useBox: true, expandThreshold: null };
  const point = { ...none, usePoints: true };
  if (kind === 'both') return [box, point];
  return kind === 'box' ? [box] : [point];
}
