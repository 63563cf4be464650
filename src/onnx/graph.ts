import { availableParallelism } from 'node:os';
import { InferenceSession } from 'onnxruntime-node';
import { RefinerError } from '../errors.js';
import type { Provider } from './execution.js';

/** A tensor that a graph must take or give; null stands for a side that varies. */
export interface DeclaredTensor {
  readonly tensor: string;
  readonly type: string;
  readonly shape: readonly (number | null)[];
}

export interface DeclaredGraph {
  /** All of the graph's inputs: one that nobody feeds would fail at the first run. */
  readonly inputs: readonly DeclaredTensor[];
  /** The outputs that are used; the graph may have more. */
  readonly outputs: readonly DeclaredTensor[];
}

/** An ONNX graph to be opened. */
export interface GraphSource {
  /** What it is called in error messages. */
  readonly name: string;
  /** Path of its file, or its bytes. */
  readonly graph: string | Uint8Array;
  /** Folder of the files in which it says that its weights lie; null when it holds them or they lie beside its file. */
  readonly weightsFolder: string | null;
}

/** Where a session runs. */
export interface SessionPlace {
  /** Of the CPU; 0 takes one for each core. */
  readonly threads: number;
  readonly provider: Provider;
}

/**
 * Opens an ONNX graph and compares its inputs and outputs with those declared. The caller releases the session.
 * Throws PACK_FILE_DAMAGED for a graph that cannot be loaded, PACK_MISMATCH.
 *
 * Creating and running a session block the calling thread (onnxruntime-node 1.30: the native call is made in a
 * `setImmediate`; the promise only postpones it), so a server does both in a worker.
 */
export async function openGraph(
  source: GraphSource,
  declared: DeclaredGraph,
  on: SessionPlace,
): Promise<InferenceSession> {
  const { name } = source;
  const session = await createSession(source, on).catch((cause: unknown) => {
    const received = cause instanceof Error ? cause.message.slice(0, 300) : 'a graph that cannot be loaded';
    throw new RefinerError(
      'PACK_FILE_DAMAGED',
      { where: name, expected: 'an ONNX graph', received },
      { cause },
    );
  });
  try {
    requireTensors(`the inputs of ${name}`, declared.inputs, session.inputMetadata, true);
    requireTensors(`the outputs of ${name}`, declared.outputs, session.outputMetadata, false);
  } catch (error) {
    await session.release();
    throw error;
  }
  return session;
}

function createSession(
  { graph, weightsFolder }: GraphSource,
  { threads, provider }: SessionPlace,
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    intraOpNumThreads: threads === 0 ? availableParallelism() : threads,
    logSeverityLevel: 3,
    // The block planned for a run would come on top of what the arena holds: 430 MB for ViT-B, without being faster.
    enableMemPattern: false,
    extra: {
      session: {
        // Waiting threads that spin take the cores from the other workers: 55 ms instead of 20 a mask on a busy machine.
        intra_op: { allow_spinning: '0' },
        ...(weightsFolder !== null && { model_external_initializers_file_folder_path: weightsFolder }),
      },
    },
  };
  // One call for each form: the declarations of `create` have an overload a form and none for both.
  return typeof graph === 'string'
    ? InferenceSession.create(graph, options)
    : InferenceSession.create(graph, options);
}

function requireTensors(
  where: string,
  declared: readonly DeclaredTensor[],
  real: readonly InferenceSession.ValueMetadata[],
  all: boolean,
): void {
  for (const wanted of declared) {
    const found = real.find(({ name }) => name === wanted.tensor);
    if (found && agrees(wanted, found)) continue;
    throw new RefinerError('PACK_MISMATCH', {
      where,
      expected: `${wanted.tensor} ${wanted.type} [${wanted.shape.map((side) => side ?? 'any').join(', ')}]`,
      received: found ? describe(found) : real.map(({ name }) => name).join(', '),
    });
  }
  const names = new Set(declared.map(({ tensor }) => tensor));
  const extra = all ? real.find(({ name }) => !names.has(name)) : undefined;
  if (extra === undefined) return;
  throw new RefinerError('PACK_MISMATCH', {
    where,
    expected: [...names].join(', '),
    received: `also ${describe(extra)}`,
  });
}

/** Whether a real tensor can be what is declared: sides without a number in the graph are only known when it runs. */
function agrees({ type, shape }: DeclaredTensor, real: InferenceSession.ValueMetadata): boolean {
  if (!real.isTensor || real.type !== type) return false;
  if (real.shape.length !== shape.length) return false;
  return shape.every((side, index) => {
    const realSide = real.shape[index];
    // A side that we vary must not be fixed in the graph.
    return side === null ? typeof realSide === 'string' : typeof realSide === 'string' || realSide === side;
  });
}

function describe(real: InferenceSession.ValueMetadata): string {
  return real.isTensor ? `${real.name} ${real.type} [${real.shape.join(', ')}]` : `${real.name}, no tensor`;
}
