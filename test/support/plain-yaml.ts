/** What is read of a YAML file: mappings, texts, and lists of texts. */
export type PlainYaml = string | readonly string[] | PlainMapping;

export interface PlainMapping {
  readonly [key: string]: PlainYaml;
}

/** Reads plain block YAML: nested mappings, lists of texts (also `[a, b]`), quotes, comments. Nothing else. */
export function parsePlainYaml(text: string): PlainMapping {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\s*#/.test(line));
  const value = block(lines, 0);
  if (typeof value === 'string' || Array.isArray(value)) throw new Error('no mapping');
  return value as PlainMapping;
}

/** Takes the lines of one block off the front. */
function block(lines: string[], indent: number): PlainYaml {
  const items: string[] = [];
  const entries: Record<string, PlainYaml> = {};
  for (let line = lines[0]; line !== undefined && indentOf(line) >= indent; line = lines[0]) {
    if (indentOf(line) > indent) throw new Error(`unexpected indentation: ${line}`);
    lines.shift();
    const item = /^\s*- (.*)$/.exec(line)?.[1];
    const [, key = '', rest = ''] = /^\s*([\w.-]+):(?: (.*))?$/.exec(line) ?? [];
    if (item !== undefined) items.push(scalar(item));
    else if (key === '') throw new Error(`neither a key nor an item: ${line}`);
    else if (key in entries) throw new Error(`twice: ${key}`);
    else entries[key] = rest === '' ? nested(lines, indent) : inline(rest);
  }
  return items.length > 0 ? items : entries;
}

function nested(lines: string[], indent: number): PlainYaml {
  const [next] = lines;
  return next !== undefined && indentOf(next) > indent ? block(lines, indentOf(next)) : '';
}

function inline(text: string): PlainYaml {
  const list = /^\[(.*)\]$/.exec(text)?.[1];
  return list === undefined ? scalar(text) : list.split(',').map((item) => scalar(item.trim()));
}

function scalar(text: string): string {
  return /^(['"])(.*)\1$/.exec(text)?.[2] ?? text;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
