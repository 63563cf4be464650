/** One prompted mask to learn or to judge the choice among its candidates from. */
export interface IouExample {
  /** Names the image; examples of one image are never parted, since they resemble each other. */
  readonly image: string;
  /** The numbers entering the last layer of the IoU head, `[features]`. */
  readonly features: Float32Array;
  /** IoUs that the model predicts for its candidates, before any adapter, `[outputs]`. */
  readonly ious: Float32Array;
  /** IoU of each candidate with the mask it should match, `[outputs]`; of those not selectable anything. */
  readonly trueIous: Float32Array;
}

export type ExamplesFault = 'too-few-examples' | 'nothing-to-rank' | 'shapes-differ' | 'not-finite';

/** Why examples cannot be used; `detail` names the first that is at fault. */
export interface ExamplesRefusal {
  readonly reason: ExamplesFault;
  readonly detail: string;
}

/**
 * Null when there are at least `least` examples, all of the same shapes, with at least two selectable candidates, and
 * finite in all that is read of them.
 */
export function refuseExamples(
  examples: readonly IouExample[],
  { least, selectable }: { readonly least: number; readonly selectable: readonly number[] },
): ExamplesRefusal | null {
  const [first] = examples;
  if (first === undefined || examples.length < least) {
    return { reason: 'too-few-examples', detail: `expected at least ${least}, received ${examples.length}` };
  }
  const outputs = first.ious.length;
  if (new Set(selectable).size < 2 || selectable.some((index) => !(index in first.ious))) {
    return { reason: 'nothing-to-rank', detail: `candidates ${selectable.join(', ')} of ${outputs}` };
  }
  for (const [index, { features, ious, trueIous }] of examples.entries()) {
    const shape = [features.length, ious.length, trueIous.length].join(', ');
    const expected = [first.features.length, outputs, outputs].join(', ');
    if (shape !== expected) {
      const detail = `example ${index}: expected ${expected} numbers, received ${shape}`;
      return { reason: 'shapes-differ', detail };
    }
    const fault = notFinite({ features, ious, trueIous }, selectable);
    if (fault !== null) return { reason: 'not-finite', detail: `example ${index}: ${fault}` };
  }
  return null;
}

function notFinite(
  { features, ious, trueIous }: Omit<IouExample, 'image'>,
  selectable: readonly number[],
): string | null {
  if (!features.every(Number.isFinite)) return 'features';
  if (!selectable.every((index) => Number.isFinite(ious[index]))) return 'predicted IoUs';
  if (!selectable.every((index) => Number.isFinite(trueIous[index]))) return 'true IoUs';
  return null;
}
