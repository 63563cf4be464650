import { MAX_GUIDANCE_POINTS, type Guidance } from '../../formats/guidance.js';
import type { Prompt } from './prompt.js';

/**
 * The prompt as the model takes it, in percent. Of more clicks than it takes the newest count. A turned box is given
 * without its turn: it is the corner that a box keeps.
 */
export function promptGuidance(prompt: Prompt & { kind: 'clicks' | 'box' }): Guidance {
  if (prompt.kind === 'clicks') {
    return { unit: 'percent', points: prompt.clicks.slice(-MAX_GUIDANCE_POINTS), box: null };
  }
  const { x, y, width, height } = prompt.box;
  return { unit: 'percent', points: [], box: { x0: x, y0: y, x1: x + width, y1: y + height } };
}
