import assert from 'node:assert/strict';
import test from 'node:test';
import { configAdvice } from '../../../src/backend/label-studio/config-advice.js';
import { parseLabelConfig, takesLabels } from '../../../src/backend/label-studio/label-config.js';
import { recommendedConfig } from '../../../src/backend/label-studio/recommended-config.js';
import { refusedWith } from '../../support/refusals.js';

test('the recommended config has the labels, and there is nothing to say against it', () => {
  for (const type of ['brush', 'polygon'] as const) {
    const xml = recommendedConfig(['Ball', 'Panel'], type);
    const config = parseLabelConfig(xml);
    const masks = config.controls.get(type);
    assert.ok(masks && takesLabels(masks, ['Ball', 'Panel']) && masks.type === `${type}labels`);
    assert.equal(config.images.get('image')?.value, '$image');
    assert.deepEqual(configAdvice(xml), []);
  }
});

test('labels come through whatever characters they have', () => {
  const labels = ['a & b', '<c>', '"d"', "e'f", 'Straße', '球'];
  const masks = parseLabelConfig(recommendedConfig(labels)).controls.get('brush');
  assert.deepEqual(masks?.labels, labels);
});

test('no label, an empty one and one twice are refused', () => {
  for (const labels of [[], ['Ball', ' '], ['Ball', 'Ball ']]) {
    assert.throws(() => recommendedConfig(labels), refusedWith('BODY_INVALID', { where: /labels/ }));
  }
});

test('the usual traps of other configs are pointed out', () => {
  const xml = `<View><Image name="image" value="$image"/>
    <BrushLabels name="brush" toName="image"><Label value="Ball"/></BrushLabels></View>`;
  const advice = configAdvice(xml).join('\n');
  assert.match(advice, /add a KeyPoint and a Rectangle/);
  assert.match(advice, /smart="false" on BrushLabels "brush"/);
  assert.match(configAdvice('<View/>').join('\n'), /no Image[^]*no BrushLabels/);
});
