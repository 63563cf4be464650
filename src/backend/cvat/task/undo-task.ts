import { RefinerError } from '../../../errors.js';
import { type JobState, JobWatch, readJobState, reasonToLeave } from './job-watch.js';
import type { Change, Product } from './recorded.js';
import { sameShape } from './same-shape.js';
import { settleUnanswered } from './settle-unanswered.js';
import type { WriteMeans } from './task-means.js';
import type { JobReport, UndoReport } from './task-report.js';
import { withoutId } from './write-shapes.js';
import { writeGuarded } from './write-guarded.js';

type UndoneShape = UndoReport['shapes'][number];

/**
 * Takes back the last run that wrote to the task: replaced shapes are as they were, under new ids; shapes put beside are
 * gone. What somebody has changed since is left alone and reported, and so are jobs in which somebody works. Broken off,
 * the same call goes on. Throws the errors of `CvatClient`, or the signal's reason.
 */
export async function undoTask(
  { task, job: only }: { readonly task: number; readonly job: number | null },
  means: WriteMeans,
  signal: AbortSignal,
): Promise<UndoReport> {
  const { record } = means;
  await settleUnanswered(means, signal);
  const run = record.lastWritten();
  if (run === null) return reportOf(task, null, [], []);
  const products = await record.products({ run: run.id });
  const chosen = products.filter(({ job }) => only === null || job === only);
  const jobs: JobReport[] = [];
  const left: UndoneShape[] = [];
  for (const job of new Set(chosen.map((product) => product.job))) {
    const outcome = await undoJobPatiently(run.id, job, means, signal);
    jobs.push(outcome.report);
    left.push(...outcome.left);
  }
  const restored = record.restored(run.id);
  const done = chosen
    .filter(({ change }) => restored.has(change))
    .map((product) => undone(product, restored.get(product.change) ?? null));
  // What is left because of somebody's work in progress can be tried again.
  const complete = only === null && jobs.every(({ status }) => status === 'done');
  if (complete) record.end(run.id, 'undone', run.jobs);
  return reportOf(task, run.id, jobs, [...done, ...left]);
}

interface JobOutcome {
  readonly report: JobReport;
  readonly left: readonly UndoneShape[];
}

/** Starts over after writes that were not answered. */
const MAX_ATTEMPTS = 3;

async function undoJobPatiently(
  run: number,
  job: number,
  means: WriteMeans,
  signal: AbortSignal,
): Promise<JobOutcome> {
  for (let attempt = 1; ; attempt++) {
    const products = await means.record.products({ run });
    const ofJob = products.filter((product) => product.job === job);
    const outcome = await undoJob(run, job, ofJob, means, signal);
    if (!(outcome instanceof RefinerError)) return outcome;
    if (attempt === MAX_ATTEMPTS) throw outcome;
    await settleUnanswered(means, signal);
  }
}

/** An error instead of the outcome when it is not known whether a write was done. */
async function undoJob(
  run: number,
  job: number,
  products: readonly Product[],
  means: WriteMeans,
  signal: AbortSignal,
): Promise<JobOutcome | RefinerError> {
  const state = await readJobState(means.client, job, signal);
  const leaveAll = (reason: string): JobOutcome => ({
    report: { job, status: 'left', reason },
    left: products.map((product) => leftShape(product, 'job-in-work')),
  });
  const reason = reasonToLeave(state.job);
  if (reason !== null) return leaveAll(reason);
  const watch = new JobWatch(state);
  const untouched = new Set(products.filter((product) => isUntouched(product, state)));
  const left = products.filter((product) => !untouched.has(product));
  const refused: UndoneShape[] = [];
  for (const action of ['update', 'create'] as const) {
    const ofAction = [...untouched].filter((product) => product.action === action);
    const changes = ofAction.map(changeBack);
    const write = { run, job, action: action === 'update' ? action : ('delete' as const), changes };
    const onRefused = ({ undoes }: Change, error: RefinerError): void => {
      const product = ofAction.find(({ change }) => change === undoes);
      if (product) refused.push(leftShape(product, error.code));
    };
    const outcome = await writeGuarded(write, watch, means, onRefused, signal);
    if (outcome.kind === 'touched') return leaveAll('changed-meanwhile');
    if (outcome.kind === 'unanswered') return outcome.error;
  }
  const report = { job, status: 'done' } as const;
  return { report, left: [...left.map((product) => leftShape(product, 'changed-meanwhile')), ...refused] };
}

function isUntouched({ shape }: Product, { shapes }: JobState): boolean {
  const there = shapes.get(shape.id);
  return there !== undefined && sameShape(shape, there);
}

/** Replaced shapes get their old form back, shapes that were put beside go. */
function changeBack({ action, old, shape, change }: Product): Change {
  return { old: shape, now: action === 'update' ? withoutId(old) : null, line: null, undoes: change };
}

function undone({ job, shape, action }: Product, newId: number | null): UndoneShape {
  const about = { job, frame: shape.frame, id: shape.id };
  if (action === 'create') return { ...about, status: 'removed' };
  if (newId === null) return { ...about, status: 'left', reason: 'changed-meanwhile' };
  return { ...about, status: 'restored', newId };
}

function leftShape({ job, shape }: Product, reason: string): UndoneShape {
  return { job, frame: shape.frame, id: shape.id, status: 'left', reason };
}

function reportOf(
  task: number,
  run: number | null,
  jobs: readonly JobReport[],
  shapes: readonly UndoneShape[],
): UndoReport {
  const counts = { restored: 0, removed: 0, left: 0 };
  for (const { status } of shapes) counts[status]++;
  return { task, run, counts, jobs, shapes };
}
