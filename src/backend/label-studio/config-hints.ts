import type { XmlTag } from './config-xml.js';
import { everyTag } from './config-xml.js';
import { MASK_OPTIONS, type MaskChoice } from './mask-choice.js';
import { problem, readOptions } from './option-kinds.js';
import { shapeTypeOf } from './shape-kind.js';

/** What the labelling configuration chooses for the masks of a control, or for those with one of its labels. */
export interface ConfigHint {
  readonly control: string;
  /** True for a Labels control, which names what others draw. */
  readonly namesOnly: boolean;
  /** Null for the control as a whole. */
  readonly label: string | null;
  readonly choice: MaskChoice;
}

export interface ConfigHints {
  readonly hints: readonly ConfigHint[];
  /** A line for each attribute that cannot be used. */
  readonly problems: readonly string[];
}

const PREFIX = 'refine_';

/**
 * The options in attributes such as `refine_rounds="3"` on controls that draw masks, on Labels and on Label. The editor and
 * Label Studio pass over attributes that they do not know; other backends are told things in the same way.
 *
 * @param nameOf the name of a label as results hold it
 */
export function readConfigHints(
  tags: readonly XmlTag[],
  nameOf: (label: XmlTag) => string | undefined,
): ConfigHints {
  const hints: ConfigHint[] = [];
  const problems: string[] = [];
  const seen = new Set<XmlTag>();
  const read = (tag: XmlTag): MaskChoice => {
    seen.add(tag);
    const of = readOptions(optionsOf(tag), MASK_OPTIONS, (name) => placeOf(tag, name));
    problems.push(...of.problems);
    return of.chosen;
  };
  for (const tag of everyTag(tags)) {
    const { name: control, toName } = tag.attributes;
    const namesOnly = tag.name === 'Labels';
    if (control === undefined || toName === undefined) continue;
    if (!namesOnly && shapeTypeOf(tag.name.toLowerCase()) === null) continue;
    const ofControl = read(tag);
    if (!namesOnly) hints.push({ control, namesOnly, label: null, choice: ofControl });
    for (const child of everyTag(tag.children)) {
      const label = child.name === 'Label' ? nameOf(child) : undefined;
      if (label === undefined) continue;
      // A Labels control draws nothing itself: what it says holds for whatever it names.
      const choice = namesOnly ? { ...ofControl, ...read(child) } : read(child);
      hints.push({ control, namesOnly, label, choice });
    }
  }
  for (const tag of everyTag(tags)) {
    for (const name of seen.has(tag) ? [] : Object.keys(optionsOf(tag))) {
      problems.push(problem(placeOf(tag, name), 'a control that draws masks, Labels or Label', tag.name));
    }
  }
  return { hints: hints.filter(({ choice }) => Object.keys(choice).length > 0), problems };
}

/** What is chosen for a region: by its labels, the first before the others, then by its control. */
export function hintedChoice(
  { fromName, labels }: { readonly fromName: string; readonly labels: readonly string[] },
  hints: readonly ConfigHint[],
): MaskChoice {
  if (hints.length === 0) return {};
  const ofControl = hints.filter(({ control, label }) => control === fromName && label === null);
  const ofLabels = [...labels].reverse().flatMap((name) => {
    const named = hints.filter(({ label }) => label === name);
    const own = named.filter(({ control }) => control === fromName);
    return [...named.filter(({ namesOnly }) => namesOnly), ...own];
  });
  return [...ofControl, ...ofLabels].reduce<MaskChoice>((all, { choice }) => ({ ...all, ...choice }), {});
}

function optionsOf({ attributes }: XmlTag): Readonly<Record<string, string>> {
  const own = Object.entries(attributes).filter(([name]) => name.startsWith(PREFIX));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(PREFIX.length), value]));
}

function placeOf({ name: tag, attributes }: XmlTag, option: string): string {
  const name = (attributes['name'] ?? attributes['value'] ?? '').slice(0, 60);
  return `${PREFIX}${option} of ${tag} "${name}"`;
}
