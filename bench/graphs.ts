// What an image and a mask cost in the graphs alone, without anything around them: the median time of the encoder and, for
// each batch, of the decoder for one mask, in onnxruntime-node with two threads.
// Run: npx tsc -b tsconfig.test.json && node build/bench/graphs.js [model] [batches: 1,8]
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { findPack } from '../src/onnx/find-pack.js';
import type { GraphSource } from '../src/onnx/graph.js';
import { graphSourcesOf } from '../src/onnx/graph-sources.js';
import { readPack } from '../src/onnx/pack.js';

const THREADS = 2;
const WARM_UP_RUNS = 3;
const RUNS = 20;
// A positive and a negative point and a box.
const POINT_LABELS = [1n, 0n, 2n, 3n];

const [name = 'lite', batches = '1,8'] = process.argv.slice(2);
const { encoder, decoder } = await graphSourcesOf(await readPack(await findPack(name, null)));
console.log(`encoder: ${(await medianMs(encoder, 1)).toFixed(1)} ms an image`);
for (const batch of batches.split(',').map(Number)) {
  const ms = (await medianMs(decoder, batch)) / batch;
  console.log(`decoder, ${batch} at once: ${ms.toFixed(1)} ms a mask`);
}

async function medianMs({ name: graphName, graph }: GraphSource, batch: number): Promise<number> {
  if (typeof graph !== 'string') throw new Error(`Expected a graph file, received ${graphName}`);
  const session = await InferenceSession.create(graph, { intraOpNumThreads: THREADS });
  const feeds = inputsOf(session, batch);
  const times: number[] = [];
  for (let run = 0; run < WARM_UP_RUNS + RUNS; run++) {
    const startMs = performance.now();
    await session.run(feeds);
    if (run >= WARM_UP_RUNS) times.push(performance.now() - startMs);
  }
  await session.release();
  return times.sort((a, b) => a - b)[RUNS / 2] ?? NaN;
}

/** Noise of the declared shapes; the first unknown side is the batch, others are as long as `POINT_LABELS`. */
function inputsOf(session: InferenceSession, batch: number): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const input of session.inputMetadata) {
    if (!input.isTensor) continue;
    const sides = input.shape.map((side, axis) =>
      typeof side === 'number' ? side : axis === 0 ? batch : POINT_LABELS.length,
    );
    const length = sides.reduce((product, side) => product * side, 1);
    feeds[input.name] =
      input.type === 'int64'
        ? new Tensor(
            'int64',
            BigInt64Array.from({ length }, (_, i) => POINT_LABELS[i % POINT_LABELS.length] ?? 0n),
            sides,
          )
        : new Tensor(
            'float32',
            Float32Array.from({ length }, () => Math.random() * 255),
            sides,
          );
  }
  return feeds;
}
