import type { Checkpoint } from '../checkpoint/checkpoint.js';

/** Epsilon of PyTorch's nn.BatchNorm2d. */
const EPSILON = 1e-5;

/** A convolution's numbers: weight [outputs, inputs per group, height, width], bias [outputs]. */
export interface Convolution {
  readonly shape: readonly number[];
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/**
 * A convolution without bias and the batch normalisation after it as one convolution (Conv2d_BN of tiny_vit_sam.py). An
 * evaluated batch normalisation is one scale and one offset for each channel; they are computed in float64 and rounded
 * once.
 *
 * @param name of the pair, whose tensors are `<name>.c.weight` and `<name>.bn.…`
 */
export async function foldedConvolution(checkpoint: Checkpoint, name: string): Promise<Convolution> {
  const { shape } = checkpoint.tensor(`${name}.c.weight`);
  const weight = await checkpoint.readFloat32(`${name}.c.weight`);
  const [gain, offset, mean, variance] = await Promise.all(
    ['weight', 'bias', 'running_mean', 'running_var'].map((each) =>
      checkpoint.readFloat32(`${name}.bn.${each}`),
    ),
  );
  const outputs = shape[0] ?? 1;
  const perOutput = weight.length / outputs;
  const bias = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const scale = (gain?.[output] ?? NaN) / Math.sqrt((variance?.[output] ?? NaN) + EPSILON);
    bias[output] = (offset?.[output] ?? NaN) - (mean?.[output] ?? NaN) * scale;
    for (let index = output * perOutput; index < (output + 1) * perOutput; index++) {
      weight[index] = (weight[index] ?? NaN) * scale;
    }
  }
  return { shape, weight, bias };
}
