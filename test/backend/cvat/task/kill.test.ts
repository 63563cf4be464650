import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TaskReport, UndoReport } from '../../../../src/backend/cvat/task/task-report.js';
import { decodeCvatMask } from '../../../../src/formats/cvat-mask.js';
import { maskToBitmap } from '../../../../src/refiner/mask.js';
import type { CvatDouble, DoubleJob, DoubleRequest, Interference } from '../../../support/cvat-double.js';
import { dilate } from '../../label-studio/dilating-inference.js';
import { contents, HEIGHT, maskShape, openTask, WIDTH } from './open-task.js';

const PROGRAM = fileURLToPath(new URL('./task-child.js', import.meta.url));
const FRAMES = 5;

/** Where the process dies, by the request that CVAT has just got, and whether that still has its effect. */
interface Death {
  readonly at: (request: DoubleRequest) => boolean;
  readonly done: boolean;
}

function nth(
  count: number,
  matches: (request: DoubleRequest) => boolean,
): (request: DoubleRequest) => boolean {
  let seen = 0;
  return (request) => matches(request) && ++seen === count;
}

const isWrite = ({ method }: DoubleRequest): boolean => method === 'PATCH';
const isFrame = ({ path }: DoubleRequest): boolean => path.includes('/data?');
const isRead = ({ method, path }: DoubleRequest): boolean =>
  method === 'GET' && path.endsWith('/annotations');

/** Runs the program to its end, which is null when it was killed, and answers its report. */
async function live(
  double: CvatDouble,
  recordFile: string,
  what: string,
  death: Death | null,
): Promise<string | null> {
  const child = spawn(process.execPath, [PROGRAM, double.origin, recordFile, what], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const closed = once(child, 'close');
  double.interfere = async (request): Promise<Interference | undefined> => {
    if (death?.at(request) !== true) return undefined;
    child.kill('SIGKILL');
    await closed;
    return { kind: 'lose', done: death.done };
  };
  const [code] = (await closed) as [number | null];
  double.interfere = () => undefined;
  assert.equal(code === null, death !== null, said);
  return code === null ? null : said;
}

/** Two jobs of masks, no two alike. */
function addJobs(double: CvatDouble): readonly DoubleJob[] {
  return [19, 20].map((id, index) => {
    const job = double.addJob({ id, start_frame: index * FRAMES, stop_frame: (index + 1) * FRAMES - 1 });
    for (let frame = job.start_frame; frame <= job.stop_frame; frame++) {
      double.addShape(id, maskShape(frame, 5 + 2 * frame, 10));
      double.addShape(id, maskShape(frame, 5 + 2 * frame, 40));
    }
    return job;
  });
}

/** The pixels of every mask with its frame; equal lists are equal sets of masks, without one twice. */
function pixels(jobs: readonly DoubleJob[], grown: boolean): readonly string[] {
  const size = { width: WIDTH, height: HEIGHT };
  return jobs
    .flatMap(({ shapes }) => shapes)
    .map(({ frame, points }) => {
      const mask = decodeCvatMask(points, size);
      return `${frame} ${Buffer.from(maskToBitmap(grown ? dilate(mask) : mask)).toString('base64')}`;
    })
    .sort();
}

const deaths = (): readonly Death[] => [
  { at: nth(4, isFrame), done: false },
  { at: nth(1, isWrite), done: true },
  { at: nth(2, isWrite), done: false },
  { at: nth(3, isRead), done: false },
  { at: nth(2, isWrite), done: true },
];

test('killed again and again, refining goes on: no shape twice, none lost, and all of it can be taken back', async (context) => {
  const { double, recordFile } = await openTask(context);
  const jobs = addJobs(double);
  const before = jobs.map(({ shapes }) => contents(shapes));
  const wanted = pixels(jobs, true);
  for (const death of deaths()) await live(double, recordFile, 'replace', death);
  const report = JSON.parse((await live(double, recordFile, 'replace', null)) ?? '') as TaskReport;
  assert.deepEqual(pixels(jobs, false), wanted);
  assert.deepEqual(report.counts, { refined: 4 * FRAMES, kept: 0, failed: 0, skipped: 0, left: 0 });
  const ids = jobs.flatMap(({ shapes }) => shapes.map(({ id }) => id)).sort();
  assert.deepEqual(report.shapes.map(({ newId }) => newId).sort(), ids);

  await live(double, recordFile, 'undo', { at: nth(1, isWrite), done: true });
  await live(double, recordFile, 'undo', { at: nth(1, isWrite), done: false });
  const undone = JSON.parse((await live(double, recordFile, 'undo', null)) ?? '') as UndoReport;
  assert.equal(undone.counts.left, 0);
  assert.deepEqual(
    jobs.map(({ shapes }) => contents(shapes)),
    before,
  );
});

test('killed again and again, no shape is put beside another twice', async (context) => {
  const { double, recordFile } = await openTask(context);
  const jobs = addJobs(double);
  const before = pixels(jobs, false);
  const wanted = [...before, ...pixels(jobs, true)].sort();
  for (const death of deaths().slice(1, 3)) await live(double, recordFile, 'beside', death);
  const report = JSON.parse((await live(double, recordFile, 'beside', null)) ?? '') as TaskReport;
  assert.equal(report.counts.refined, 4 * FRAMES);
  assert.deepEqual(pixels(jobs, false), wanted);
  await live(double, recordFile, 'undo', { at: nth(1, isWrite), done: true });
  await live(double, recordFile, 'undo', null);
  assert.deepEqual(pixels(jobs, false), before);
});
