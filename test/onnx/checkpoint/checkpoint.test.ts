import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { RefinerError, type ErrorCode } from '../../../src/errors.js';
import { Checkpoint } from '../../../src/onnx/checkpoint/checkpoint.js';

const VECTORS = 'test/golden/checkpoint';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

async function opened<T>(path: string, use: (checkpoint: Checkpoint) => Promise<T>): Promise<T> {
  const checkpoint = await Checkpoint.open(path);
  try {
    return await use(checkpoint);
  } finally {
    await checkpoint.close();
  }
}

async function refusal(path: string): Promise<RefinerError> {
  try {
    await opened(path, (checkpoint) => checkpoint.refuseNonFinite());
  } catch (error) {
    assert.ok(error instanceof RefinerError, String(error));
    return error;
  }
  assert.fail(`${path} was accepted`);
}

async function refusalOf(bytes: Buffer, code: ErrorCode): Promise<RefinerError> {
  const path = join(folder, 'changed.pth');
  await writeFile(path, bytes);
  const error = await refusal(path);
  assert.equal(error.code, code, error.message);
  return error;
}

interface Expected {
  readonly shape: number[];
  readonly values: number[];
}

test('a state dict of torch.save gives the numbers that PyTorch put in', async () => {
  const expected = JSON.parse(await readFile(`${VECTORS}/expected.json`, 'utf8')) as Record<string, Expected>;
  await opened(`${VECTORS}/plain.pth`, async (checkpoint) => {
    assert.deepEqual([...checkpoint.tensors.keys()], Object.keys(expected));
    for (const [name, { shape, values }] of Object.entries(expected)) {
      const tensor = checkpoint.tensor(name);
      assert.deepEqual(tensor.shape, shape, name);
      if (!tensor.type.includes('float')) continue;
      assert.deepEqual([...(await checkpoint.readFloat32(name))], values.map(Math.fround), name);
    }
    assert.equal(checkpoint.tensor('steps').type, 'int64');
    assert.equal(checkpoint.tensor('brain').type, 'bfloat16');
  });
});

test('tensors that share a storage point into the same bytes', async () => {
  await opened(`${VECTORS}/plain.pth`, (checkpoint) => {
    const whole = checkpoint.tensor('encoder.weight');
    const row = checkpoint.tensor('encoder.row');
    assert.equal(row.offset, whole.offset + 16);
    return Promise.resolve();
  });
});

test('a state dict wrapped by a training script is found', async () => {
  await opened(`${VECTORS}/wrapped.pth`, (checkpoint) => {
    assert.ok(checkpoint.tensors.has('encoder.weight'));
    assert.ok(!checkpoint.tensors.has('epoch'));
    return Promise.resolve();
  });
});

test('a missing tensor is named', async () => {
  await opened(`${VECTORS}/plain.pth`, (checkpoint) => {
    assert.throws(() => checkpoint.tensor('decoder.weight'), /decoder\.weight/);
    return Promise.resolve();
  });
});

test('integers are not taken for weights', async () => {
  await opened(`${VECTORS}/plain.pth`, async (checkpoint) => {
    await assert.rejects(checkpoint.readFloat32('steps'), /Received int64/);
  });
});

test('the format before PyTorch 1.6 is refused with the form that is expected', async () => {
  assert.match((await refusal(`${VECTORS}/legacy.pth`)).message, /PyTorch 1\.6 or newer/);
});

test('a tensor that is not row-major is refused', async () => {
  assert.match((await refusal(`${VECTORS}/strided.pth`)).message, /row-major strides.*strides \[1, 4\]/);
});

test('a pickled module is refused by the name of its class', async () => {
  const error = await refusal(`${VECTORS}/module.pth`);
  assert.equal(error.code, 'CHECKPOINT_UNSUPPORTED');
  assert.match(error.message, /torch\.nn\.modules\.linear\.Linear|opcode/);
});

test('a pickle that calls a command is refused by name and nothing is executed', async () => {
  const error = await refusal(`${VECTORS}/hostile.pth`);
  assert.match(error.message, /os\.system/);
  assert.ok(!existsSync('bad'));
});

test('a truncated file is refused wherever it is cut', async () => {
  const whole = await readFile(`${VECTORS}/plain.pth`);
  for (let length = 0; length < whole.length; length += 97) {
    const path = join(folder, 'cut.pth');
    await writeFile(path, whole.subarray(0, length));
    await refusal(path);
  }
});

test('a compressed entry is refused', async () => {
  const bytes = await readFile(`${VECTORS}/plain.pth`);
  const central = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  bytes.writeUInt16LE(8, central + 10);
  assert.match((await refusalOf(bytes, 'CHECKPOINT_UNSUPPORTED')).message, /compression method 8/);
});

test('an encrypted entry is refused', async () => {
  const bytes = await readFile(`${VECTORS}/plain.pth`);
  const central = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  bytes.writeUInt16LE(bytes.readUInt16LE(central + 8) | 1, central + 8);
  await refusalOf(bytes, 'CHECKPOINT_UNSUPPORTED');
});

test('entries that share bytes are refused', async () => {
  const bytes = await readFile(`${VECTORS}/plain.pth`);
  const first = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  const second = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]), first + 4);
  bytes.copy(bytes, second + 42, first + 42, first + 46);
  assert.match((await refusalOf(bytes, 'CHECKPOINT_INVALID')).message, /bytes/);
});

test('an entry that points past the file is refused', async () => {
  const bytes = await readFile(`${VECTORS}/plain.pth`);
  bytes.writeUInt32LE(0x7fffffff, bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 42);
  await refusalOf(bytes, 'CHECKPOINT_INVALID');
});

test('a directory that claims four thousand million bytes is refused before memory is taken', async () => {
  const bytes = await readFile(`${VECTORS}/plain.pth`);
  // PyTorch always writes the zip64 record, and its sizes win over those of the older one.
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 6, 6]));
  bytes.writeBigUInt64LE(0xfffffff0n, end + 40);
  await refusalOf(bytes, 'CHECKPOINT_INVALID');
});

test('a weight that is not a number is refused with the name of its tensor', async () => {
  const bytes = await readFile(`${VECTORS}/plain.pth`);
  const offset = await opened(`${VECTORS}/plain.pth`, (checkpoint) =>
    Promise.resolve(checkpoint.tensor('parameter').offset),
  );
  bytes.writeFloatLE(NaN, offset + 8);
  assert.match((await refusalOf(bytes, 'CHECKPOINT_INVALID')).message, /parameter.*finite.*NaN/);
});
