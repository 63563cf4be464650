import assert from 'node:assert/strict';
import { type ChildProcess, execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseLabelConfig } from '../../src/backend/label-studio/label-config.js';
import { imageFixture, requestFixture } from '../backend/label-studio/batch-fixtures.js';
import { temporaryFolder } from '../onnx/copied-pack.js';
import { type LabelStudioDouble, openLabelStudio } from '../support/label-studio/open-label-studio.js';
import { projectOf, type StoredProject } from '../support/label-studio/state.js';
import { LEGACY_TOKEN, PERSONAL_TOKEN } from '../support/label-studio/tokens.js';

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

type Environment = Readonly<Record<string, string>>;

/** Runs `samrefiner label-studio …` as a program of its own. */
function labelStudio(
  words: readonly string[],
  env: Environment = {},
  onStart: (child: ChildProcess) => void = () => undefined,
): Promise<Outcome> {
  const program = fileURLToPath(new URL('label-studio-child.js', import.meta.url));
  const environment = { PATH: process.env['PATH'], SAMREFINER_MODEL: 'lite', ...env };
  return new Promise((resolve) => {
    const run = execFile(
      process.execPath,
      [program, 'label-studio', ...words],
      { env: environment },
      (_, out, err) => resolve({ status: run.exitCode ?? -1, out, err }),
    );
    onStart(run);
  });
}

interface Project {
  readonly double: LabelStudioDouble;
  readonly project: StoredProject;
  readonly env: Environment;
}

/** Project 7 with four tasks, three of them with rough shapes. */
async function openProject(context: TestContext): Promise<Project> {
  const fixture = requestFixture('predict-batch-rough-predictions');
  const double = await openLabelStudio(context);
  const project = projectOf(7, fixture.body.label_config, fixture.body.tasks as never);
  double.state.projects.push(project);
  for (const [address, file] of Object.entries(fixture.serve ?? {})) {
    double.state.uploads.set(address.replace('/data/', ''), imageFixture(file.replace('images/', '')));
  }
  return { double, project, env: { LABEL_STUDIO_URL: double.origin, LABEL_STUDIO_API_KEY: PERSONAL_TOKEN } };
}

function storedCount({ project }: Project): number {
  return project.tasks
    .flatMap(({ predictions }) => predictions)
    .filter(({ model_version }) => model_version.startsWith('samrefiner-lite-')).length;
}

test('the config for some labels is printed, ready to be pasted', async () => {
  const { out, status } = await labelStudio(['config', '--labels', 'Ball, Panel', '--type', 'polygon']);
  assert.equal(status, 0);
  assert.deepEqual(parseLabelConfig(out).controls.get('polygon')?.labels, ['Ball', 'Panel']);
  assert.equal((await labelStudio(['config', '--labels', 'Ball', '--type', 'ellipse'])).status, 1);
});

test('a project is refined with the real model: dry run, run, run again', async (context) => {
  const opened = await openProject(context);
  const report = join(await temporaryFolder(context), 'report.jsonl');
  const dry = await labelStudio(['refine', '--project', '7', '--dry-run', '--report', report], opened.env);
  assert.equal(dry.status, 0, dry.err);
  assert.match(dry.out, /^refined +3$/m);
  assert.match(dry.out, /nothing was stored: this was a dry run/);
  assert.equal(storedCount(opened), 0);
  const lines = (await readFile(report, 'utf8')).trim().split('\n');
  assert.equal(lines.length, 4);

  const first = await labelStudio(['refine', '--project', '7'], opened.env);
  assert.match(first.out, /stored 3 predictions/);
  assert.equal(storedCount(opened), 3);
  const again = await labelStudio(['refine', '--project', '7'], opened.env);
  assert.match(again.out, /^had a prediction of this version +3$/m);
  assert.equal(storedCount(opened), 3);
});

test('a task that fails is told with its reason, and the command fails', async (context) => {
  const opened = await openProject(context);
  opened.double.state.uploads.clear();
  const { status, out } = await labelStudio(['refine', '--project', '7'], opened.env);
  assert.equal(status, 1);
  assert.match(out, /failed: 2\n.*not found.*tasks 102, 104/);
  assert.match(out, /stored 1 predictions/);
});

test('Ctrl-C breaks the run off, says so, and nothing that was stored is lost', async (context) => {
  const opened = await openProject(context);
  let child: ChildProcess | null = null;
  opened.double.fault = (req, _res, next) => {
    if (!req.path.startsWith('/storage-data')) {
      next();
      return;
    }
    // The image is never answered: the run waits for it. Pressed once: a second time would end it the hard way.
    child?.kill('SIGINT');
    child = null;
  };
  const { status, err } = await labelStudio(['refine', '--project', '7'], opened.env, (run) => {
    child = run;
  });
  assert.match(err, /broken off; the same command goes on where it stopped/);
  assert.equal(status, 130);
});

test('a refused token is told with host, kind and remedy, and never shown', async (context) => {
  const { double } = await openProject(context);
  double.tokens.legacyEnabled = false;
  const words = ['refine', '--project', '7', '--url', double.origin, '--token', LEGACY_TOKEN];
  const { status, err } = await labelStudio(words);
  assert.equal(status, 1);
  assert.match(err, new RegExp(`${double.origin}.*a personal access token.*a legacy token from --token`));
  assert.ok(!err.includes(LEGACY_TOKEN));
});

test('without address or token the option and the setting are named', async () => {
  assert.match((await labelStudio(['refine', '--project', '7'])).err, /--url, or LABEL_STUDIO_URL/);
  const env = { LABEL_STUDIO_URL: 'http://127.0.0.1:9' };
  assert.match(
    (await labelStudio(['connect', '--project', '7'], env)).err,
    /--token, or LABEL_STUDIO_API_KEY/,
  );
  assert.match((await labelStudio(['connect', '--project', 'x'])).err, /an integer of at least 1/);
});

test('connecting a server that Label Studio cannot reach says what it says', async (context) => {
  const { env } = await openProject(context);
  const words = ['connect', '--project', '7', '--backend-url', 'http://127.0.0.1:9'];
  const { status, err } = await labelStudio(words, env);
  assert.equal(status, 1);
  assert.match(err, /health check failed/);
});
