import { isDecoderName } from './decoder-names.js';
import type { Family, TinyVitShape, VitShape } from './family.js';
import { type CheckpointIndex, unsupported } from './state-dict-check.js';
import { strangerAmong } from './strangers.js';
import { hasTinyVit, isTinyVitName, TINY_VIT_REDUCTION, tinyVitShapeOf } from './tiny-vit-shape.js';
import { hasVit, vitShapeOf } from './vit-shape.js';

const KNOWN = 'a checkpoint of SAM ViT-B/L/H, MobileSAM, or HQ-SAM ViT-B/L/H/tiny';

/** embedDim × depth of the published sizes. */
const VIT_SIZES: Readonly<Record<string, string>> = { '768x12': 'b', '1024x24': 'l', '1280x32': 'h' };
const TINY_VIT_DIMS = '64,128,160,320';

/**
 * What a checkpoint is, from the names and shapes of its tensors and nothing else. Every name must have its place in
 * the family: an adapter or LoRA left out would give wrong masks without an error. `tinyImageSize` is the input side of
 * a TinyViT, which its weights do not show. Throws CHECKPOINT_UNSUPPORTED, saying what was found and what is known.
 */
export function recogniseFamily(checkpoint: CheckpointIndex, tinyImageSize = 1024): Family {
  const { tensors } = checkpoint;
  const stranger = strangerAmong(tensors.keys());
  if (stranger !== undefined) throw unsupported(checkpoint.path, KNOWN, stranger);
  const hq = tensors.has('mask_decoder.hf_token.weight');
  if (hasVit(checkpoint)) {
    const { encoder, gridSize, names } = vitShapeOf(checkpoint);
    refuseUnknownNames(checkpoint, (name) => names.has(name) || isDecoderName(name, hq));
    return { name: vitName(encoder, hq), encoder, hq, imageSize: gridSize * encoder.patchSize, gridSize };
  }
  if (hasTinyVit(checkpoint)) {
    const encoder = tinyVitShapeOf(checkpoint);
    refuseUnknownNames(checkpoint, (name) => isTinyVitName(name) || isDecoderName(name, hq));
    const gridSize = tinyImageSize / TINY_VIT_REDUCTION;
    return { name: tinyVitName(encoder, hq), encoder, hq, imageSize: tinyImageSize, gridSize };
  }
  const names = [...tensors.keys()];
  throw unsupported(
    checkpoint.path,
    KNOWN,
    `${names.length} tensors such as ${names.slice(0, 3).join(', ')}`,
  );
}

function refuseUnknownNames({ path, tensors }: CheckpointIndex, isKnown: (name: string) => boolean): void {
  const unknown = [...tensors.keys()].filter((name) => !isKnown(name));
  if (unknown.length > 0) {
    throw unsupported(
      path,
      `${KNOWN} without additions`,
      `${unknown.length} further tensors such as ${unknown.slice(0, 3).join(', ')}`,
    );
  }
}

function vitName({ embedDim, depth }: VitShape, hq: boolean): string {
  const size = `${embedDim}x${depth}`;
  return `${hq ? 'hq' : 'sam'}-vit-${VIT_SIZES[size] ?? size}`;
}

function tinyVitName({ embedDims }: TinyVitShape, hq: boolean): string {
  const name = hq ? 'hq-tiny' : 'mobile-sam';
  return embedDims.join() === TINY_VIT_DIMS ? name : `${name}-${embedDims.join('-')}`;
}
