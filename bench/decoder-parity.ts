/**
 * Compares the decoder graphs with the official PyTorch decoder at SAM's full size, and says what a mask costs.
 *
 *     python3 test/golden/decoder/make_vectors.py SAM_HQ_CHECKOUT --full --out DIRECTORY
 *     node build/bench/decoder-parity.js DIRECTORY [batch sizes to time: 1,8,32]
 *
 * Differences are relative to the largest number expected. Times are the process's CPU time with one thread, per mask;
 * `make_vectors.py … --time 1,8,32` prints the same of PyTorch.
 */
import { Tensor } from 'onnxruntime-node';
import { Checkpoint } from '../src/onnx/checkpoint/checkpoint.js';
import {
  type Decode,
  type DecoderVectors,
  expectedMasks,
  type NamedTensors,
  openDecoder,
  promptsOf,
  readDecoderVectors,
  relativeError,
  tensorOf,
} from '../test/onnx/graph/decoder-vectors.js';

const RUNS = 5;

const [directory = '', batches = ''] = process.argv.slice(2);
const vectors = await readDecoderVectors(directory);
const checkpoint = await Checkpoint.open(`${directory}/decoder.pth`);
for (const hq of [false, true]) {
  const { decode, session } = await openDecoder(checkpoint, vectors, hq);
  for (const one of vectors.cases.filter((each) => each.hq === hq)) {
    const answer = await decode(promptsOf(one));
    const parts = {
      masks: relativeError(tensorOf(answer, 'low_res_masks'), expectedMasks(one)),
      IoU: relativeError(tensorOf(answer, 'iou_predictions'), tensorOf(one.tensors, 'iou_predictions')),
      features: relativeError(tensorOf(answer, 'iou_features'), tensorOf(one.tensors, 'iou_features')),
    };
    const figures = Object.entries(parts).map(([name, error]) => `${name} ${error.toExponential(1)}`);
    console.log(`${one.name}: ${figures.join(', ')}`);
  }
  for (const batch of batches.split(',').filter(Boolean).map(Number)) {
    const milliseconds = await cpuPerMask(decode, randomPrompts(vectors, batch), batch);
    console.log(`${hq ? 'HQ-SAM' : 'SAM'} B=${batch}: ${milliseconds.toFixed(1)} CPU ms/mask`);
  }
  await session.release();
}
await checkpoint.close();

/** Two points, a negative one and a padding, with a mask. */
function randomPrompts({ imageSize, gridSize }: DecoderVectors, batch: number): NamedTensors {
  const side = 4 * gridSize;
  const random = (size: number, scale: number): Float32Array =>
    Float32Array.from({ length: size }, () => scale * Math.random());
  const labels = Float32Array.from({ length: batch * 4 }, (_, index) => [1, 0, 1, -1][index % 4] ?? 0);
  return {
    point_coords: new Tensor('float32', random(batch * 8, imageSize), [batch, 4, 2]),
    point_labels: new Tensor('float32', labels, [batch, 4]),
    mask_input: new Tensor('float32', random(batch * side * side, 8), [batch, 1, side, side]),
    has_mask_input: new Tensor('float32', new Float32Array(batch).fill(1), [batch]),
  };
}

/** The median of a few runs, after one that is not counted. */
async function cpuPerMask(decode: Decode, prompts: NamedTensors, batch: number): Promise<number> {
  await decode(prompts);
  const runs: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    await decode(prompts);
    const { user, system } = process.cpuUsage(before);
    runs.push((user + system) / 1000 / batch);
  }
  return runs.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? NaN;
}
