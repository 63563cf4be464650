import assert from 'node:assert/strict';
import test from 'node:test';
import { iou } from '../../src/refiner/metrics.js';
import { openEditor } from './open-editor.js';
import { brushResult, maskOf, roughTask } from './rough-task.js';

/** In this editor the smart tools are lost of controls that stand before the image. */
function configWith(smartControl: string): string {
  return (
    '<View><BrushLabels name="brush" toName="image" smart="false"><Label value="Apple"/></BrushLabels>' +
    `<Image name="image" value="$image"/>${smartControl}</View>`
  );
}

const RECTANGLE = '<Rectangle name="box" toName="image" smart="true" smartOnly="true"/>';
const KEY_POINT = '<KeyPoint name="refine" toName="image" smart="true" smartOnly="true"/>';

/** Around the apple, loosely, and a point in it. */
const BOX = [
  { x: 300, y: 105 },
  { x: 615, y: 395 },
] as const;
const IN_THE_APPLE = { x: 440, y: 250 };

test('a mask in a smart rectangle is suggested refined, and accepting it replaces the rough one', async (context) => {
  const { photograph, labelStudio, editor } = await openEditor(context, configWith(RECTANGLE));
  const { truth, rough } = photograph;
  const task = roughTask([brushResult('apple-1', rough, 'Apple')]);
  labelStudio.task = task;
  await editor.open({ task, startFrom: task.predictions[0], autoAnnotation: true });

  await editor.chooseSmartTool();
  await editor.drag(...BOX);
  await editor.drawn({ suggestions: 1 });
  const { result: prompts } = labelStudio.contexts.at(-1) as { result: { type: string; value: object }[] };
  assert.deepEqual(
    prompts.map(({ type }) => type),
    ['rectangle'],
  );
  const { value: before } = await saved();
  assert.deepEqual(before, task.predictions[0].result[0]?.value, 'nothing changes before it is accepted');

  await editor.acceptAll();
  const refined = await saved();
  assert.deepEqual([refined.type, refined.value['brushlabels']], ['brushlabels', ['Apple']]);
  const [was, is] = [iou(rough, truth), iou(maskOf(refined), truth)];
  context.diagnostic(`IoU with the true mask: ${was.toFixed(3)} rough, ${is.toFixed(3)} accepted`);
  assert.ok(is > was + 0.1, `IoU ${was} became ${is}`);

  async function saved() {
    const masks = (await editor.serialize()).filter(({ type }) => type === 'brushlabels');
    const [mask] = masks;
    assert.ok(mask);
    assert.deepEqual([masks.length, mask.id], [1, 'apple-1']);
    return mask;
  }
});

test('with suggestions accepted by themselves, one click with a smart point refines the mask under it', async (context) => {
  const { photograph, labelStudio, editor } = await openEditor(context, configWith(KEY_POINT));
  const { truth, rough } = photograph;
  const task = roughTask([brushResult('apple-1', rough, 'Apple')]);
  labelStudio.task = task;
  await editor.open({ task, startFrom: task.predictions[0], autoAnnotation: true, autoAccept: true });

  await editor.chooseSmartTool();
  await editor.click(IN_THE_APPLE);
  await editor.changed('apple-1');
  const refined = (await editor.serialize()).find(({ id }) => id === 'apple-1');
  assert.ok(refined);
  assert.ok(iou(maskOf(refined), truth) > iou(rough, truth) + 0.1);
});

test('a smart point where there is no mask suggests a new one with the only label', async (context) => {
  const { photograph, labelStudio, editor } = await openEditor(context, configWith(KEY_POINT));
  const task = { ...roughTask([]), predictions: [] };
  labelStudio.task = task;
  await editor.open({ task, autoAnnotation: true });

  await editor.chooseSmartTool();
  await editor.click(IN_THE_APPLE);
  await editor.drawn({ suggestions: 1 });
  await editor.acceptAll();
  const mask = (await editor.serialize()).find(({ type }) => type === 'brushlabels');
  assert.ok(mask);
  assert.deepEqual(mask.value['brushlabels'], ['Apple']);
  const overlap = iou(maskOf(mask), photograph.truth);
  context.diagnostic(`IoU with the true mask: ${overlap.toFixed(3)}`);
  assert.ok(overlap > 0.5, `IoU ${overlap}`);
});
