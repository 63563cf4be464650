import type { AdapterRecord } from '../fit/adapter-record.js';
import type { StoredAdapter } from '../fit/adapter-store.js';
import type { JudgeFigures } from '../refiner/judge.js';
import { toColumns } from './text-columns.js';

/** What the choice among candidates was worth, as a table. */
export function figuresText({ before, after, bestMeanIou, ...figures }: JudgeFigures): string {
  const { low, high } = figures.gainInterval;
  const table = toColumns([
    ['', 'mean IoU', 'best candidate chosen'],
    ['model alone', figure(before.meanIou), percent(before.top1Accuracy)],
    ['with adapter', figure(after.meanIou), percent(after.top1Accuracy)],
    ['best possible', figure(bestMeanIou), percent(1)],
  ]);
  return (
    `${figures.examples} masks of ${figures.images} held-out images; ${figures.changed} choices changed\n\n${table}\n\n` +
    `gain in mean IoU ${signed(after.meanIou - before.meanIou)}, between ${signed(low)} and ${signed(high)}`
  );
}

/** One version in full. */
export function adapterText({ version, record }: StoredAdapter): string {
  const { model, data, parent, adapter } = record;
  const rows = [
    ['version', String(version)],
    ['before it', parent === null ? 'none' : String(parent)],
    ['model', model.version],
    ['learned from', `${data.examples} examples of ${data.images} images, prompt ${data.prompt}`],
    ['size', `rank ${adapter.rank}, ${adapter.features} features, ${adapter.outputs} outputs`],
  ];
  return `${toColumns(rows)}\n\n${figuresText(record.figures)}`;
}

/** One version as a row: model, what it was learned from, gain. */
export function adapterRow({ model, data, figures }: AdapterRecord): readonly string[] {
  const gain = figures.after.meanIou - figures.before.meanIou;
  return [model.version, `${data.examples} examples`, data.prompt, `IoU ${signed(gain)}`];
}

function figure(value: number): string {
  return value.toFixed(4);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
