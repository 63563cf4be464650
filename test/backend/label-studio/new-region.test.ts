import assert from 'node:assert/strict';
import test from 'node:test';
import { parseLabelConfig } from '../../../src/backend/label-studio/label-config.js';
import { newRegionResults, newRegionTarget } from '../../../src/backend/label-studio/new-region.js';
import { createPromptReader } from '../../../src/backend/label-studio/prompt.js';

const IMAGE = '<Image name="image" value="$image"/>';

function target(tags: string, labels: readonly string[]): unknown {
  const found = newRegionTarget(
    { labels },
    'image',
    parseLabelConfig(`<View>${tags}${IMAGE}</View>`),
    'auto',
  );
  return found && [found.fromName, found.kind, found.labels, found.labelsControl];
}

const BRUSH =
  '<BrushLabels name="b" toName="image"><Label value="Ball"/><Label value="Panel"/></BrushLabels>';
const POLYGON = '<PolygonLabels name="p" toName="image"><Label value="Crack"/></PolygonLabels>';
const BITMASK = '<BitmaskLabels name="m" toName="image"><Label value="Ball"/></BitmaskLabels>';
const BOX = '<RectangleLabels name="r" toName="image"><Label value="Ball"/></RectangleLabels>';
const SPLIT =
  '<Brush name="s" toName="image"/><Labels name="l" toName="image"><Label value="Ball"/><Label value="Sky"/></Labels>';

const TARGETS: readonly (readonly [string, string, readonly string[], unknown])[] = [
  ['the prompt’s label where the mask control has it', BRUSH, ['Panel'], ['b', 'brush', ['Panel'], null]],
  ['no label where the control has another', BRUSH, ['Refine'], ['b', 'brush', [], null]],
  ['no label of several for a prompt without', BRUSH, [], ['b', 'brush', [], null]],
  ['the only label of the control', BITMASK, ['Refine'], ['m', 'bitmask', ['Ball'], null]],
  ['the control that has the prompt’s label', BRUSH + POLYGON, ['Crack'], ['p', 'polygon', ['Crack'], null]],
  ['masks before boxes', BOX + BITMASK, ['Ball'], ['m', 'bitmask', ['Ball'], null]],
  ['a box where nothing else is', BOX, ['Ball'], ['r', 'rectangle', ['Ball'], null]],
  ['labels in a control of their own', SPLIT, ['Sky'], ['s', 'brush', ['Sky'], 'l']],
  ['no labels control for no label', SPLIT, ['Refine'], ['s', 'brush', [], null]],
  ['nothing for what draws prompts alone', '<Brush name="s" toName="image" smartOnly="true"/>', [], null],
  ['nothing for controls of another image', BRUSH.replace('"image"', '"other"'), ['Ball'], null],
];

for (const [what, tags, labels, expected] of TARGETS) {
  test(`a new region gets ${what}`, () => {
    assert.deepEqual(target(tags, labels), expected);
  });
}

test('a new region in the split form is two results of one id', () => {
  const config = parseLabelConfig(`<View>${SPLIT}${IMAGE}</View>`);
  const found = newRegionTarget({ labels: ['Sky'] }, 'image', config, 'auto');
  assert.ok(found);
  const results = newRegionResults({
    id: 'made',
    target: found,
    prompt: { page: 2, imageRotation: 90 },
    shape: { kind: 'brush-rle', rle: Uint8Array.of(1, 2) },
    image: { width: 30, height: 20 },
    note: { score: 0.5, text: 'SAMRefiner: segmented' },
  });
  const common = {
    id: 'made',
    to_name: 'image',
    original_width: 30,
    original_height: 20,
    image_rotation: 90,
    item_index: 2,
    origin: 'prediction',
    score: 0.5,
  };
  const geometry = { format: 'rle', rle: Uint8Array.of(1, 2) };
  assert.deepEqual(results, [
    { ...common, from_name: 's', type: 'brush', value: geometry, meta: { text: ['SAMRefiner: segmented'] } },
    { ...common, from_name: 'l', type: 'labels', value: { ...geometry, labels: ['Sky'] } },
  ]);
});

test('a prompt in the split form is its point with the labels beside it', () => {
  const readPrompt = createPromptReader();
  const entry = { id: 'k', from_name: 'refine', to_name: 'image', is_positive: false };
  const value = { x: 10, y: 20, width: 1 };
  const prompt = readPrompt({
    result: [
      { ...entry, type: 'keypoint', value },
      { ...entry, from_name: 'names', type: 'labels', value: { ...value, labels: ['Ball'] } },
    ],
  });
  assert.ok(prompt?.kind === 'clicks');
  assert.deepEqual(prompt.clicks, [{ x: 10, y: 20, positive: false }]);
  assert.deepEqual([prompt.labels, prompt.fromName, prompt.madeFor], [['Ball'], 'refine', null]);
});

test('a result of a point’s type that carries a mask is the region, not a click', () => {
  const readPrompt = createPromptReader();
  const entry = { id: 'k', from_name: 'brush', to_name: 'image', original_width: 8, original_height: 8 };
  const value = { format: 'rle', rle: [1, 2, 3] };
  const prompt = readPrompt({
    result: [
      { ...entry, type: 'brushlabels', value: { ...value, brushlabels: ['Ball'] } },
      {
        ...entry,
        from_name: 'refine',
        type: 'keypointlabels',
        value: { ...value, keypointlabels: ['Refine'] },
      },
    ],
  });
  assert.ok(prompt?.kind === 'region');
  assert.deepEqual([prompt.region.fromName, prompt.region.members], ['brush', [0, 1]]);
});
