import type { PromptOptions } from '../refiner/options.js';

/**
 * What is learned from: a single prompt (`box` as the official code, `point`), `both` of them in turn, or `all`, the
 * prompts together that masks will be refined with.
 */
export type PromptKind = 'all' | 'box' | 'point' | 'both';

export const PROMPT_KINDS: readonly PromptKind[] = ['all', 'box', 'point', 'both'];

/** The tight box alone is that of the official `iou_adaption_davis585.py`; the point is the positive one. */
export function learningPrompts(kind: PromptKind, options: PromptOptions): readonly PromptOptions[] {
  const none = { ...options, usePoints: false, useNegativePoint: false, useBox: false, useMask: false };
  const box = { ...none, useBox: true, expandThreshold: null };
  const point = { ...none, usePoints: true };
  switch (kind) {
    case 'all':
      return [options];
    case 'box':
      return [box];
    case 'point':
      return [point];
    case 'both':
      return [box, point];
  }
}
