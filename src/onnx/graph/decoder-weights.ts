import type { Checkpoint } from '../checkpoint/checkpoint.js';

const PREFIXES = ['prompt_encoder.', 'mask_decoder.'];

/** A tensor of the checkpoint with its numbers. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly numbers: Float32Array;
}

/** The numbers of the prompt encoder and the mask decoder (20 MB in SAM), which the graph holds in other layouts. */
export class DecoderWeights {
  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly parameters: ReadonlyMap<string, Parameter>,
  ) {}

  static async read(checkpoint: Checkpoint): Promise<DecoderWeights> {
    const parameters = new Map<string, Parameter>();
    for (const { name, shape } of checkpoint.tensors.values()) {
      if (!PREFIXES.some((prefix) => name.startsWith(prefix))) continue;
      parameters.set(name, { shape, numbers: await checkpoint.readFloat32(name) });
    }
    return new DecoderWeights(checkpoint, parameters);
  }

  has(name: string): boolean {
    return this.parameters.has(name);
  }

  /** Throws CHECKPOINT_UNSUPPORTED when the checkpoint has no tensor of that name. */
  get(name: string): Parameter {
    const parameter = this.parameters.get(name);
    if (parameter) return parameter;
    return { shape: this.checkpoint.tensor(name).shape, numbers: new Float32Array() };
  }

  numbers(name: string): Float32Array {
    return this.get(name).numbers;
  }
}
