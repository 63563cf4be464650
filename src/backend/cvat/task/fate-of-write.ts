import type { Annotations } from '../rest/annotations.js';
import type { NewWrite } from './recorded.js';
import { sameShape } from './same-shape.js';

/** `newIds` in the order of the changes, null for a shape that is not as it was written, or was only taken away. */
export type Fate =
  { readonly kind: 'arrived'; readonly newIds: readonly (number | null)[] } | { readonly kind: 'absent' };

/**
 * Tells from the annotations of a job whether a write whose answer was lost has been done: CVAT does a write whole or
 * not at all, and gives what it makes higher ids than all before.
 */
export function fateOfWrite({ action, changes, highestId }: NewWrite, { shapes }: Annotations): Fate {
  const added = shapes.filter(({ id }) => id > highestId);
  const claimed = new Set<number>();
  const newIds = changes.map(({ now }) => {
    const found = now && added.find((shape) => !claimed.has(shape.id) && sameShape(now, shape));
    if (!found) return null;
    claimed.add(found.id);
    return found.id;
  });
  if (claimed.size > 0) return { kind: 'arrived', newIds };
  // Nothing made is there. Where old shapes should have gone and have, the write came and others changed it since.
  const ids = new Set(shapes.map(({ id }) => id));
  const gone = changes.every(({ old }) => !ids.has(old.id));
  return action !== 'create' && gone ? { kind: 'arrived', newIds } : { kind: 'absent' };
}
