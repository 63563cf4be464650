import type { Setting } from './config-entry.js';
import { SETTINGS } from './config-settings.js';

/** The settings as the README's Markdown table. */
export function configTable(): string {
  const rows = Object.values<Setting<unknown>>(SETTINGS).map((entry) => {
    const names = [...entry.names, ...(entry.sharedName === undefined ? [] : [entry.sharedName])];
    return [
      names.map((name) => `\`${name}\``).join(' or '),
      defaultOf(entry),
      entry.unit === undefined ? entry.kind.range : `${entry.kind.range}, ${entry.unit}`,
      entry.meaning,
    ];
  });
  return [['name', 'default', 'values', 'meaning'], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function defaultOf(entry: Setting<unknown>): string {
  if (entry.default === null) return entry.defaultText ?? 'none';
  if (Array.isArray(entry.default)) return 'none';
  return `\`${JSON.stringify(entry.default).replaceAll('"', '')}\``;
}
