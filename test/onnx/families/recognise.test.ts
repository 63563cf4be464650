import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { RefinerError } from '../../../src/errors.js';
import type { TensorRef } from '../../../src/onnx/checkpoint/tensor-ref.js';
import { recogniseFamily } from '../../../src/onnx/families/recognise.js';
import type { CheckpointIndex } from '../../../src/onnx/families/state-dict-check.js';

type Shapes = Readonly<Record<string, readonly number[]>>;

const STATE_DICTS = JSON.parse(
  gunzipSync(await readFile('test/golden/families/state-dicts.json.gz')).toString(),
) as Readonly<Record<string, Shapes>>;

function checkpointOf(shapes: Shapes): CheckpointIndex {
  const tensors = new Map(
    Object.entries(shapes).map(([name, shape]): [string, TensorRef] => [
      name,
      { name, type: 'float32', shape, offset: 0, bytes: 4 * shape.reduce((a, b) => a * b, 1) },
    ]),
  );
  return { path: 'a.pth', tensors };
}

function official(family: string): Shapes {
  const shapes = STATE_DICTS[family];
  assert.ok(shapes, family);
  return shapes;
}

function refusal(shapes: Shapes): string {
  try {
    recogniseFamily(checkpointOf(shapes));
  } catch (error) {
    assert.ok(error instanceof RefinerError && error.code === 'CHECKPOINT_UNSUPPORTED', String(error));
    return error.message;
  }
  assert.fail('was accepted');
}

test('every official state dict is recognised by its names and shapes', () => {
  assert.equal(Object.keys(STATE_DICTS).length, 8);
  for (const [name, shapes] of Object.entries(STATE_DICTS)) {
    const family = recogniseFamily(checkpointOf(shapes));
    assert.equal(family.name, name);
    assert.equal(family.hq, name.startsWith('hq'));
    assert.equal(family.imageSize, 1024);
    assert.equal(family.gridSize, 64);
  }
});

test('the sizes of the ViT encoders are read from their shapes', () => {
  const common = { kind: 'vit', patchSize: 16, windowSize: 14 };
  const expected = {
    'sam-vit-b': { embedDim: 768, depth: 12, heads: 12, globalBlocks: [2, 5, 8, 11] },
    'hq-vit-l': { embedDim: 1024, depth: 24, heads: 16, globalBlocks: [5, 11, 17, 23] },
    'sam-vit-h': { embedDim: 1280, depth: 32, heads: 16, globalBlocks: [7, 15, 23, 31] },
  };
  for (const [name, sizes] of Object.entries(expected)) {
    const { encoder } = recogniseFamily(checkpointOf(official(name)));
    assert.deepEqual(encoder, { ...common, ...sizes });
  }
});

test('the sizes of TinyViT are read from its shapes', () => {
  for (const name of ['mobile-sam', 'hq-tiny']) {
    assert.deepEqual(recogniseFamily(checkpointOf(official(name))).encoder, {
      kind: 'tiny-vit',
      embedDims: [64, 128, 160, 320],
      depths: [2, 2, 6, 2],
      heads: [0, 4, 5, 10],
      windowSizes: [0, 7, 14, 7],
    });
  }
});

test('buffers that some exports carry along do no harm', () => {
  const extras = {
    pixel_mean: [3, 1, 1],
    'image_encoder.layers.1.blocks.0.attn.attention_bias_idxs': [49, 49],
  };
  assert.equal(recogniseFamily(checkpointOf({ ...official('mobile-sam'), ...extras })).name, 'mobile-sam');
});

test('another model is refused by the name of what it is', () => {
  const strangers: Readonly<Record<string, string>> = {
    'image_encoder.trunk.blocks.0.attn.qkv.weight': 'SAM 2',
    'sam_mask_decoder.hf_token.weight': 'HQ-SAM 2',
    'detector.backbone.vision_backbone.trunk.pos_embed': 'SAM 3',
    'vision_encoder.layers.0.attn.qkv.weight': 'Hugging Face',
    'image_encoder.backbone.input_stem.op_list.0.conv.weight': 'EfficientViT-SAM',
    'image_encoder.features.0.0.c.weight': 'EdgeSAM',
    'mask_decoder.output_hypernetworks_mlps.0.layers.0.0.weight': 'EfficientSAM',
    'model.0.conv.weight': 'FastSAM',
    'hf_token.weight': 'HQ-SAM alone',
    cls_token: 'an image classifier',
    'something.else': '1 tensors such as something.else',
  };
  for (const [name, what] of Object.entries(strangers)) {
    const message = refusal({ [name]: [1, 1] });
    assert.ok(message.includes(what) && message.includes('MobileSAM'), message);
  }
});

test('an adapter is refused rather than ignored', () => {
  const adapter = { 'image_encoder.blocks.0.Adapter.D_fc1.weight': [192, 768] };
  assert.match(refusal({ ...official('sam-vit-b'), ...adapter }), /Adapter/);
  const lora = { 'mask_decoder.transformer.layers.0.self_attn.q_proj.lora_A.weight': [4, 256] };
  assert.match(refusal({ ...official('mobile-sam'), ...lora }), /lora_A/);
});

test('a tensor that is missing or of another shape is named', () => {
  const { 'image_encoder.blocks.3.norm2.bias': bias, ...missing } = official('sam-vit-b');
  assert.ok(bias);
  assert.match(refusal(missing), /blocks\.3\.norm2\.bias.*no such tensor/);
  const misshapen = { ...official('sam-vit-b'), 'image_encoder.blocks.1.attn.rel_pos_h': [29, 64] };
  assert.match(refusal(misshapen), /blocks\.1\.attn\.rel_pos_h.*\[27, 64\].*\[29, 64\]/);
  const even = { ...official('sam-vit-b'), 'image_encoder.blocks.1.attn.rel_pos_h': [28, 64] };
  assert.match(refusal(even), /odd/);
});

test('a TinyViT whose shapes do not fit each other is refused with the tensor that is wrong', () => {
  const shapes = official('mobile-sam');
  const wrong: readonly (readonly [string, readonly number[] | undefined])[] = [
    ['image_encoder.patch_embed.seq.2.bn.running_var', [63]],
    ['image_encoder.layers.0.blocks.1.conv2.c.weight', [256, 1, 5, 5]],
    ['image_encoder.layers.1.downsample.conv1.bn.weight', undefined],
    ['image_encoder.layers.2.blocks.5.attn.attention_biases', [5, 49]],
    ['image_encoder.layers.3.blocks.0.local_conv.bn.running_mean', undefined],
    ['image_encoder.neck.2.weight', [256, 256, 1, 1]],
  ];
  for (const [name, shape] of wrong) {
    const rest = Object.fromEntries(Object.entries(shapes).filter(([key]) => key !== name));
    assert.match(refusal(shape ? { ...rest, [name]: shape } : rest), new RegExp(name.replaceAll('.', '\\.')));
  }
});

test('a TinyViT of another number of stages is refused', () => {
  const three = Object.entries(official('mobile-sam')).filter(([name]) => !name.includes('.layers.3.'));
  assert.match(refusal(Object.fromEntries(three)), /4 stages/);
});
