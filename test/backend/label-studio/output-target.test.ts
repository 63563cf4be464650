import assert from 'node:assert/strict';
import test from 'node:test';
import { parseLabelConfig } from '../../../src/backend/label-studio/label-config.js';
import {
  outputTarget,
  type OutputTarget,
  type OutputWish,
} from '../../../src/backend/label-studio/output-target.js';
import { findRegions } from '../../../src/backend/label-studio/region.js';

const LABELS = '<Label value="Ball"/><Label value="Panel"/>';
const BOX_TAG = `<RectangleLabels name="box" toName="image">${LABELS}</RectangleLabels><Image name="image" value="$i"/>`;

function targetOf(controls: string, shape: object = {}, wish: Partial<OutputWish> = {}): OutputTarget {
  const [region] = findRegions([
    {
      id: 'r',
      from_name: 'box',
      to_name: 'image',
      type: 'rectanglelabels',
      value: { x: 1, y: 1, width: 9, height: 9, rectanglelabels: ['Ball'] },
      ...shape,
    },
  ]);
  assert.ok(region);
  const config = parseLabelConfig(`<View>${BOX_TAG}${controls}</View>`);
  return outputTarget(region, config, { boxOutput: 'auto', output: 'auto', ...wish });
}

test('a box becomes a brush mask where a brush control has its label, else a polygon, else it stays a box', () => {
  const brush = `<BrushLabels name="brush" toName="image">${LABELS}</BrushLabels>`;
  const polygon = `<PolygonLabels name="poly" toName="image">${LABELS}</PolygonLabels>`;
  assert.deepEqual(targetOf(polygon + brush), {
    kind: 'brush',
    labelled: true,
    fromName: 'brush',
    labelsControl: null,
    changesType: true,
  });
  assert.equal(targetOf(polygon).fromName, 'poly');
  assert.deepEqual(targetOf(''), {
    kind: 'rectangle',
    labelled: true,
    fromName: 'box',
    labelsControl: null,
    changesType: false,
  });
});

test('mask controls of another image or without the label do not count', () => {
  assert.equal(targetOf(`<BrushLabels name="b" toName="other">${LABELS}</BrushLabels>`).kind, 'rectangle');
  assert.equal(
    targetOf('<BrushLabels name="b" toName="image"><Label value="Sky"/></BrushLabels>').kind,
    'rectangle',
  );
});

test('a labelled box goes to an unlabelled brush only with a Labels control for its labels', () => {
  const brush = '<Brush name="bare" toName="image"/>';
  assert.equal(targetOf(brush).kind, 'rectangle');
  const target = targetOf(`${brush}<Labels name="names" toName="image">${LABELS}</Labels>`);
  assert.deepEqual([target.fromName, target.labelled, target.labelsControl], ['bare', false, 'names']);
});

test('ellipses follow the rule of boxes; masks keep their type; the option keeps every type', () => {
  const brush = `<BrushLabels name="brush" toName="image">${LABELS}</BrushLabels>`;
  const oval = {
    type: 'ellipselabels',
    value: { x: 50, y: 50, radiusX: 5, radiusY: 5, ellipselabels: ['Ball'] },
  };
  const polygon = { type: 'polygonlabels', value: { points: [], polygonlabels: ['Ball'] } };
  assert.equal(targetOf(brush, oval).kind, 'brush');
  assert.equal(targetOf(brush, polygon).kind, 'polygon');
  assert.equal(targetOf(brush, polygon).changesType, false);
  assert.equal(targetOf(brush, {}, { boxOutput: 'keep-type' }).kind, 'rectangle');
});

test('a mask goes to a control of the wished type with its label, or else keeps its own', () => {
  const brush = `<BrushLabels name="brush" toName="image">${LABELS}</BrushLabels>`;
  const polygon = `<PolygonLabels name="poly" toName="image">${LABELS}</PolygonLabels>`;
  const mask = { from_name: 'brush', type: 'brushlabels', value: { rle: [], brushlabels: ['Ball'] } };
  const wish = { output: 'polygon' } as const;
  const target = targetOf(brush + polygon, mask, wish);
  assert.deepEqual([target.kind, target.fromName, target.changesType], ['polygon', 'poly', true]);
  assert.equal(targetOf(brush, mask, wish).kind, 'brush');
  assert.equal(targetOf(brush, mask, wish).changesType, false);
  assert.equal(targetOf(brush + polygon, mask, { output: 'brush' }).changesType, false);
  const sky = '<PolygonLabels name="sky" toName="image"><Label value="Sky"/></PolygonLabels>';
  assert.equal(targetOf(brush + sky, mask, wish).kind, 'brush');
});

test('a box follows the wish first, and nothing where boxes keep their type', () => {
  const brush = `<BrushLabels name="brush" toName="image">${LABELS}</BrushLabels>`;
  const polygon = `<PolygonLabels name="poly" toName="image">${LABELS}</PolygonLabels>`;
  const bitmask = `<BitmaskLabels name="bits" toName="image">${LABELS}</BitmaskLabels>`;
  assert.equal(targetOf(brush + polygon, {}, { output: 'polygon' }).kind, 'polygon');
  assert.equal(targetOf(brush + bitmask, {}, { output: 'bitmask' }).kind, 'bitmask');
  assert.equal(targetOf(brush, {}, { output: 'polygon' }).kind, 'brush');
  assert.equal(
    targetOf(brush + polygon, {}, { boxOutput: 'keep-type', output: 'polygon' }).kind,
    'rectangle',
  );
});
