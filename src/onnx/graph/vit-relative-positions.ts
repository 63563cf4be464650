import type { Tensor } from './graph-builder.js';
import { encoderWeight, sharedTable, type VitContext } from './vit-context.js';

/**
 * One axis of the decomposed relative positions (MViTv2, section 4.1; get_rel_pos of image_encoder.py): a vector for each
 * query and key coordinate within a square of that side.
 *
 * @param parameter the tensor's name, such as `blocks.0.attn.rel_pos_h`; [2·side − 1, headDim]
 * @returns [side of queries, side of keys, headDim]
 */
export async function relativePositions(
  context: VitContext,
  parameter: string,
  side: number,
): Promise<Tensor> {
  const distances = sharedTable(context, `distances ${side}`, () => {
    const sides = [...Array(side).keys()];
    const indices = sides.flatMap((query) => sides.map((key) => query - key + side - 1));
    return context.graph.constant([side, side], BigInt64Array.from(indices, BigInt));
  });
  return context.graph.node('Gather', [await encoderWeight(context, parameter), distances], { axis: 0 });
}
