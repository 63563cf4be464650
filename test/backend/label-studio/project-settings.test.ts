import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openProjectSettings } from '../../../src/backend/label-studio/project-settings.js';

const SETTING = {
  hostname: 'http://ls',
  accessToken: 'secret',
  extraParams: { refine: { sources: ['annotations'] } },
};

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'projects-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('what a project set is there again after a restart', async (t) => {
  const file = join(await folder(t), 'deeper', 'projects.json');
  await openProjectSettings(file).set('7', SETTING);
  const again = openProjectSettings(file);
  assert.deepEqual(await again.get('7'), SETTING);
  assert.equal(await again.get('8'), null);
});

test('the file is for its owner only and nothing else is left in the folder', async (t) => {
  const path = await folder(t);
  const file = join(path, 'projects.json');
  await openProjectSettings(file).set('7', SETTING);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(path), ['projects.json']);
});

test('settings of many projects set at once are all on disk when the calls are answered', async (t) => {
  const file = join(await folder(t), 'projects.json');
  const settings = openProjectSettings(file);
  await Promise.all(
    Array.from({ length: 30 }, (_, i) => settings.set(String(i), { ...SETTING, hostname: `h${i}` })),
  );
  const stored: unknown = JSON.parse(await readFile(file, 'utf8'));
  assert.equal(Object.keys(stored as object).length, 30);
});

test('an unchanged setting is not written again', async (t) => {
  const file = join(await folder(t), 'projects.json');
  const settings = openProjectSettings(file);
  await settings.set('7', SETTING);
  await rm(file);
  await settings.set('7', { ...SETTING });
  await assert.rejects(stat(file), { code: 'ENOENT' });
});

test('a damaged file counts as empty and is replaced', async (t) => {
  const file = join(await folder(t), 'projects.json');
  for (const damage of ['{"7":', '[]', '{"7": 5}']) {
    await writeFile(file, damage);
    assert.equal(await openProjectSettings(file).get('7'), null);
  }
  await openProjectSettings(file).set('7', SETTING);
  assert.deepEqual(await openProjectSettings(file).get('7'), SETTING);
});

test('a setting that cannot be written is remembered all the same', async (t) => {
  const path = await folder(t);
  await writeFile(join(path, 'occupied'), '');
  const settings = openProjectSettings(join(path, 'occupied', 'projects.json'));
  await assert.rejects(settings.set('7', SETTING));
  assert.deepEqual(await settings.get('7'), SETTING);
});
