import type { SummaryRow } from './summary.js';

interface Column {
  readonly title: string;
  readonly text: (row: SummaryRow) => string;
}

const fixed = (digits: number, value: number): string => value.toFixed(digits);
const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;

const COLUMNS: readonly Column[] = [
  { title: 'set', text: (row) => row.set },
  { title: 'n', text: (row) => String(row.n) },
  { title: 'IoU coarse', text: (row) => fixed(3, row.coarseIou) },
  { title: 'IoU refined', text: (row) => fixed(3, row.refinedIou) },
  { title: 'bIoU coarse', text: (row) => fixed(3, row.coarseBoundaryIou) },
  { title: 'bIoU refined', text: (row) => fixed(3, row.refinedBoundaryIou) },
  { title: 'better', text: (row) => percent(row.betterShare) },
  { title: 'worse', text: (row) => percent(row.worseShare) },
  { title: 'kept', text: (row) => percent(row.keptShare) },
  { title: 'enc/image', text: (row) => fixed(1, row.encodingsPerImage) },
  { title: 'ms/image', text: (row) => fixed(0, row.encodeMsPerImage) },
  { title: 'ms/mask', text: (row) => fixed(1, row.refineMsPerMask) },
];

/** The rows as a Markdown table with aligned columns. */
export function toTable(rows: readonly SummaryRow[]): string {
  const cells = [
    COLUMNS.map((column) => column.title),
    ...rows.map((row) => COLUMNS.map((column) => column.text(row))),
  ];
  const widths = COLUMNS.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(cells[0] ?? []), rule, ...cells.slice(1).map(line)].join('\n');
}

/** The rows as CSV with the field names of `SummaryRow` as header; numbers unrounded. */
export function toCsv(rows: readonly SummaryRow[]): string {
  const names = Object.keys(rows[0] ?? {}) as (keyof SummaryRow)[];
  const quote = (value: string | number): string =>
    typeof value === 'number' ? String(value) : `"${value}"`;
  return [names.join(','), ...rows.map((row) => names.map((name) => quote(row[name])).join(','))].join('\n');
}
