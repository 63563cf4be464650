import type { ProjectReport, TaskReport } from '../backend/label-studio/refine-project.js';
import { toColumns } from './text-columns.js';

/** Reasons told in full, and tasks named with each. */
const MAX_REASONS = 8;
const MAX_TASKS = 10;

const STATUS_TEXTS: Readonly<Record<TaskReport['status'], string>> = {
  refined: 'refined',
  done: 'had a prediction of this version',
  'no-shapes': 'without shapes',
  filtered: 'without the labels',
  failed: 'failed',
};

/** What became of a project, for a terminal. */
export function describeProjectReport(
  { modelVersion, tasks, stored }: ProjectReport,
  dryRun: boolean,
): string {
  const rows = Object.entries(STATUS_TEXTS)
    .map(([status, text]) => [text, String(tasks.filter((task) => task.status === status).length)])
    .filter(([, count]) => count !== '0');
  const parts = [`${modelVersion}: ${tasks.length} tasks`, toColumns(rows)];
  const kept = tasks.flatMap((task) => task.kept.map(({ reason }) => ({ task: task.task, reason })));
  if (kept.length > 0) parts.push(`shapes kept as they were: ${kept.length}\n${byReason(kept)}`);
  const failed = tasks.flatMap(({ task, reason }) => (reason === undefined ? [] : [{ task, reason }]));
  if (failed.length > 0) parts.push(`failed: ${failed.length}\n${byReason(failed)}`);
  const doubtful = mostDoubtful(tasks);
  if (doubtful !== '') parts.push(`lowest scores, worth a look: ${doubtful}`);
  parts.push(dryRun ? 'nothing was stored: this was a dry run' : `stored ${stored} predictions`);
  return parts.join('\n\n');
}

function byReason(entries: readonly { readonly task: number; readonly reason: string }[]): string {
  const groups = new Map<string, number[]>();
  for (const { task, reason } of entries) groups.set(reason, [...(groups.get(reason) ?? []), task]);
  const lines = [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, tasks]) => `  ${reason}: ${named([...new Set(tasks)])}`);
  const more = lines.length - MAX_REASONS;
  return [...lines.slice(0, MAX_REASONS), ...(more > 0 ? [`  and ${more} other reasons`] : [])].join('\n');
}

function named(tasks: readonly number[]): string {
  const more = tasks.length - MAX_TASKS;
  return `${tasks.length === 1 ? 'task' : 'tasks'} ${tasks.slice(0, MAX_TASKS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function mostDoubtful(tasks: readonly TaskReport[]): string {
  return tasks
    .flatMap(({ task, score }) => (score === null ? [] : [{ task, score }]))
    .sort((a, b) => a.score - b.score)
    .slice(0, 5)
    .map(({ task, score }) => `task ${task} (${score.toFixed(2)})`)
    .join(', ');
}
