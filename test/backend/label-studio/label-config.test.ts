import assert from 'node:assert/strict';
import test from 'node:test';
import { RefinerError } from '../../../src/errors.js';
import {
  imageValues,
  parseLabelConfig,
  takesLabels,
} from '../../../src/backend/label-studio/label-config.js';

const CONFIG = `<View><!-- two ways to paint -->
  <Image name="image" value="$photo"/>
  <View style="display: flex"><Filter toName="brush"/>
    <BrushLabels name="brush" toName="image"><Label value="Ball"/><Label value="Tom &amp; &quot;Jerry&quot;" alias="tj"/></BrushLabels>
  </View>
  <Brush name="bare" toName="image"/><Labels name="names" toName="image"><View><Label value="Ball"/></View></Labels>
  <PolygonLabels name="poly" toName="image" value="$classes"/>
  <Choices name="scene" toName="image"><Choice value="indoor"/></Choices>
</View>`;

function isInvalid(error: unknown): boolean {
  return error instanceof RefinerError && error.code === 'BODY_INVALID';
}

test('controls are found wherever they are, in document order, with labels as results hold them', () => {
  const { controls, images } = parseLabelConfig(CONFIG);
  assert.deepEqual([...controls.keys()], ['brush', 'bare', 'names', 'poly', 'scene']);
  assert.deepEqual(controls.get('brush'), {
    name: 'brush',
    type: 'brushlabels',
    toName: ['image'],
    labels: ['Ball', 'tj'],
    takesAnyLabel: false,
    promptsOnly: false,
  });
  assert.deepEqual(controls.get('bare')?.labels, []);
  assert.deepEqual(controls.get('names')?.labels, ['Ball']);
  assert.deepEqual([...images.values()], [{ name: 'image', value: '$photo', list: false }]);
});

test('a control that draws nothing but prompts is known by its attribute', () => {
  const config =
    '<View><KeyPoint name="a" toName="image" smartOnly="true"/><Brush name="b" toName="image" smart="true"/></View>';
  const { controls } = parseLabelConfig(config);
  assert.deepEqual(
    [...controls.values()].map(({ promptsOnly }) => promptsOnly),
    [true, false],
  );
});

test('a control takes labels that it has, and any label when they come with the task', () => {
  const { controls } = parseLabelConfig(CONFIG);
  const brush = controls.get('brush');
  const poly = controls.get('poly');
  assert.ok(brush && poly);
  assert.equal(takesLabels(brush, ['Ball', 'tj']), true);
  assert.equal(takesLabels(brush, ['Ball', 'Cat']), false);
  assert.equal(takesLabels(poly, ['anything']), true);
});

test('a configuration with a document type is refused, so that no entity is ever expanded', () => {
  const bomb = `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]><View name="&lol2;"/>`;
  assert.throws(() => parseLabelConfig(bomb), isInvalid);
  assert.throws(() => parseLabelConfig('<!doctype x SYSTEM "file:///etc/passwd"><View/>'), isInvalid);
});

test('very deep, very large or poisonous configurations are refused', () => {
  assert.throws(() => parseLabelConfig('<View>'.repeat(5000) + '</View>'.repeat(5000)), isInvalid);
  assert.throws(() => parseLabelConfig(`<View>${' '.repeat(600_000)}</View>`), isInvalid);
  assert.throws(() => parseLabelConfig('<View><__proto__ name="a" toName="b"/></View>'), isInvalid);
  assert.equal('polluted' in {}, false);
});

test('half a configuration and plain text have no controls', () => {
  assert.equal(parseLabelConfig('hello').controls.size, 0);
  assert.equal(parseLabelConfig('<View><BrushLabels name="b" toName="i">').controls.size, 1);
});

test('the image address comes from the data key, a nested key, a template or a list of pages', () => {
  const data = { image: 'a.png', deep: { key: 'b.png' }, pages: ['p0.png', 'p1.png'], file: 'c.png', n: 3 };
  const at = (value: string, list = false): readonly string[] =>
    imageValues({ name: 'image', value, list }, data);
  assert.deepEqual(at('$image'), ['a.png']);
  assert.deepEqual(at('$deep.key'), ['b.png']);
  assert.deepEqual(at('https://host/$file?v=$n'), ['https://host/c.png?v=3']);
  assert.deepEqual(at('$pages', true), ['p0.png', 'p1.png']);
  for (const value of ['$missing', '$n', '$pages', '$__proto__', '$constructor.name']) {
    assert.throws(() => at(value), { code: 'IMAGE_URL_INVALID' }, value);
  }
});
