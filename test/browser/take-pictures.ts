/**
 * Takes the README's pictures of refining in Label Studio: its editor, the real server, and the photograph of the tests.
 * Run: `npm run pictures`
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { openEditor } from './open-editor.js';
import { brushResult, roughTask } from './rough-task.js';

const FOLDER = 'docs/pictures';
const CONFIG =
  '<View><BrushLabels name="brush" toName="image" smart="false"><Label value="Apple" background="#1f77ff"/>' +
  '<Label value="Leaf" background="#ffa31f"/></BrushLabels><Image name="image" value="$image"/>' +
  '<Rectangle name="box" toName="image" smart="true" smartOnly="true"/></View>';

async function takePictures(): Promise<void> {
  const closers: (() => unknown)[] = [];
  try {
    const { photograph, labelStudio, editor } = await openEditor({ after: (c) => closers.push(c) }, CONFIG);
    const task = roughTask([brushResult('apple-1', photograph.rough, 'Apple')]);
    labelStudio.task = task;
    await mkdir(FOLDER, { recursive: true });
    const take = async (name: string): Promise<void> => {
      const picture = sharp(await editor.page.screenshot());
      // Few colours: a README is read over slow lines too.
      await picture
        .png({ palette: true, colours: 96, effort: 10 })
        .toFile(join(FOLDER, `label-studio-${name}.png`));
    };

    await editor.open({ task, startFrom: task.predictions[0], autoAnnotation: true, autoAccept: true });
    await take('rough');
    await editor.chooseSmartTool();
    await editor.drag({ x: 300, y: 105 }, { x: 615, y: 395 }, () => take('box'));
    await editor.changed('apple-1');
    await take('refined');
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

await takePictures();
