/**
 * Compares a whole model of SAM's full size with official PyTorch, and says what its encoder costs.
 *
 *     python3 test/golden/models/make_vectors.py SAM_HQ_CHECKOUT --full vit-b --out DIRECTORY --time
 *     node build/bench/encoder-parity.js DIRECTORY/vit-b.pth [runs]
 *
 * Differences are relative to the largest number expected. Times are the process's CPU time with one thread, to be set
 * against the same of PyTorch, which the first command prints. Beside a checkpoint without vectors (`--weights-only`, for
 * models whose PyTorch run needs more memory than there is) it is only checked that the results are finite.
 */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { Checkpoint } from '../src/onnx/checkpoint/checkpoint.js';
import { authorModel } from '../src/onnx/graph/author-model.js';
import { transposed } from '../src/onnx/graph/weights.js';
import { type NamedTensors, numbersOf, relativeError, tensorOf } from '../test/onnx/graph/decoder-vectors.js';
import { openModel, readModelVectors, toPixels } from '../test/onnx/graph/model-vectors.js';

const [path = '', runs = '3'] = process.argv.slice(2);
const name = basename(path, '.pth');
const vectors: NamedTensors = existsSync(path.replace(/pth$/, 'bin'))
  ? await readModelVectors(dirname(path), name)
  : {
      image: new Tensor(
        'float32',
        Float32Array.from({ length: 768 * 1024 * 3 }, (_, i) => (i * 7919) % 256),
        [1, 768, 1024, 3],
      ),
    };

const checkpoint = await Checkpoint.open(path);
const model = await timed('authoring', () => authorModel(checkpoint));
console.log(
  `${model.family.name}: encoder ${megabytes(model.encoder.length)}, decoder ${megabytes(model.decoder.length)}`,
);
const encoder = await timed('encoder session', () => openModel(model.encoder, checkpoint));
console.log(`RSS after loading ${megabytes(process.memoryUsage().rss)}`);
const pixels = { image: toPixels(tensorOf(vectors, 'image')) };
let image = await timed('encoder run', () => encoder.run(pixels));
for (let run = 1; run < Number(runs); run++) image = await timed('encoder run', () => encoder.run(pixels));
console.log(`peak RSS ${megabytes(process.resourceUsage().maxRSS * 1024)}`);

for (const [output, tensor] of Object.entries(image)) {
  if (!numbersOf(tensor).every(Number.isFinite)) throw new Error(`${output} is not finite`);
}
if (vectors['embedding']) {
  const [, channels = 0, height = 0, width = 0] = vectors['embedding'].dims;
  const tokens = transposed(numbersOf(vectors['embedding']), channels, height * width);
  report('embedding', image, 'image_tokens', new Tensor('float32', tokens, [height * width, channels]));
  const decoder = await timed('decoder session', () => openModel(model.decoder, checkpoint));
  const answer = await decoder.run({
    ...image,
    point_coords: tensorOf(vectors, 'point_coords'),
    point_labels: new Tensor('float32', Float32Array.of(1, 2, 3), [1, 3]),
    mask_input: tensorOf(vectors, 'mask_input'),
    has_mask_input: new Tensor('float32', Float32Array.of(1), [1]),
  });
  report('masks', answer, 'low_res_masks', tensorOf(vectors, 'masks'));
  report('IoU', answer, 'iou_predictions', tensorOf(vectors, 'iou_predictions'));
} else {
  console.log('all results are finite');
}
await checkpoint.close();

function report(what: string, actual: NamedTensors, output: string, expected: Tensor): void {
  const error = relativeError(tensorOf(actual, output), expected);
  console.log(`${what}: largest difference ${error.toExponential(1)} of the scale`);
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  const wall = ((performance.now() - start) / 1000).toFixed(2);
  console.log(`${what}: ${((user + system) / 1e6).toFixed(2)} CPU s, ${wall} s`);
  return result;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
