import { RefinerError } from '../errors.js';

/** How the numbers of an encoder's large matrices are kept and multiplied. */
export const PRECISIONS = ['fp32', 'int8'] as const;
export type Precision = (typeof PRECISIONS)[number];

/**
 * Throws PRECISION_UNSUPPORTED unless the precision is `fp32`, for a model that has no other: ignoring the wish would
 * leave an operator to believe that it was granted.
 */
export function requireExact(precision: Precision, model: string): void {
  if (precision === 'fp32') return;
  throw new RefinerError('PRECISION_UNSUPPORTED', {
    where: model,
    expected: 'fp32; int8 is for checkpoints of SAM and HQ-SAM with a ViT encoder',
    received: precision,
  });
}

/** What the operator asks for: one kind of processor, or the fastest that works. */
export const DEVICES = ['cpu', 'cuda', 'webgpu', 'auto'] as const;
export type Device = (typeof DEVICES)[number];

/** An execution provider of onnxruntime. Operators that a provider lacks run on the CPU, one by one. */
export type Provider = Exclude<Device, 'auto'>;

/** How a model is run. */
export interface Execution {
  /** Threads of one run on the CPU; 0 for one a core. */
  readonly threads: number;
  /** `fp32` unless given. */
  readonly precision?: Precision;
  /** `cpu` unless given. */
  readonly device?: Device;
}

/** A provider that was tried before the one in use, and why it is not used. */
export interface RefusedProvider {
  readonly provider: Provider;
  readonly reason: string;
}

/** What a model runs on. */
export interface ProviderInUse {
  readonly provider: Provider;
  readonly refused: readonly RefusedProvider[];
}

const PROVIDERS: Readonly<Record<Device, readonly Provider[]>> = {
  cpu: ['cpu'],
  cuda: ['cuda', 'cpu'],
  webgpu: ['webgpu', 'cpu'],
  auto: ['cuda', 'webgpu', 'cpu'],
};

const MAX_REASON_LENGTH = 500;

/**
 * Opens something with the first provider of a device that works; the CPU comes last and its error is thrown. A damaged
 * graph is refused by every provider, so the CPU's word is the one that says so.
 */
export async function withProvider<T>(
  device: Device,
  open: (provider: Provider) => Promise<T>,
): Promise<{ readonly opened: T; readonly inUse: ProviderInUse }> {
  const refused: RefusedProvider[] = [];
  for (const provider of PROVIDERS[device]) {
    try {
      return { opened: await open(provider), inUse: { provider, refused } };
    } catch (error) {
      if (provider === 'cpu') throw error;
      refused.push({ provider, reason: reasonOf(error) });
    }
  }
  throw new TypeError(`no provider for ${device}`);
}

/** What onnxruntime said: that it is told as a damaged pack is for the CPU's word. */
function reasonOf(error: unknown): string {
  const cause = error instanceof RefinerError && error.cause instanceof Error ? error.cause : error;
  return (cause instanceof Error ? cause.message : String(cause)).trim().slice(0, MAX_REASON_LENGTH);
}
