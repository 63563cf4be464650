import { RefinerError } from '../../errors.js';
import { isJsonObject, type JsonObject } from './json-object.js';
import { type ConfigHint, readConfigHints } from './config-hints.js';
import { everyTag, parseConfigXml, type XmlTag } from './config-xml.js';

/** A tag that makes results, such as BrushLabels. Label names are as results hold them: the alias, if there is one. */
export interface ControlTag {
  readonly name: string;
  /** Lower-case tag, which is the `type` of its results. */
  readonly type: string;
  readonly toName: readonly string[];
  readonly labels: readonly string[];
  /** True when the labels come with each task (`value="$labels"`), so that any name may be right. */
  readonly takesAnyLabel: boolean;
  /** True when nothing but prompts can be drawn with it (`smartOnly`), so that its results are leftovers of prompts. */
  readonly promptsOnly: boolean;
}

/** An Image tag. `value` names the task's data key, or, for `list`, the key of an array of pages. */
export interface ImageTag {
  readonly name: string;
  readonly value: string;
  readonly list: boolean;
}

export interface LabelConfig {
  readonly controls: ReadonlyMap<string, ControlTag>;
  readonly images: ReadonlyMap<string, ImageTag>;
  readonly hints: readonly ConfigHint[];
  /** A line for each hint that cannot be used. */
  readonly problems: readonly string[];
}

/**
 * Reads the labelling configuration: all controls and Image tags, however deeply they sit in layout tags.
 * Throws BODY_INVALID when the text is no XML or goes beyond the bounds of `parseConfigXml`.
 */
export function parseLabelConfig(xml: string): LabelConfig {
  const controls = new Map<string, ControlTag>();
  const images = new Map<string, ImageTag>();
  const tags = parseConfigXml(xml);
  for (const tag of everyTag(tags)) {
    const name = tag.attributes['name'];
    if (name === undefined) continue;
    if (tag.name === 'Image') images.set(name, imageTag(name, tag));
    else if (tag.attributes['toName'] !== undefined) controls.set(name, controlTag(name, tag));
  }
  return { controls, images, ...readConfigHints(tags, labelName) };
}

/** Whether results of the control may carry all these labels. */
export function takesLabels(control: ControlTag, labels: readonly string[]): boolean {
  return control.takesAnyLabel || labels.every((label) => control.labels.includes(label));
}

/**
 * The addresses of a task's image, one a page. Throws IMAGE_URL_INVALID when the data has no text at the tag's key.
 * `$a.b` reaches into nested data and text around a key is kept, as in Label Studio's own templates.
 */
export function imageValues(tag: ImageTag, data: JsonObject): readonly string[] {
  const whole = /^\$([\w.]+)$/.exec(tag.value)?.[1];
  const found: unknown = whole === undefined ? fillTemplate(tag.value, data) : lookUp(data, whole);
  const values: readonly unknown[] = tag.list && Array.isArray(found) ? found : [found];
  return values.map((value) => {
    if (typeof value === 'string' && value !== '') return value;
    throw new RefinerError('IMAGE_URL_INVALID', {
      where: `data of the task, ${tag.value}`,
      expected: tag.list ? 'a list of addresses' : 'an address',
      received: typeof value,
    });
  });
}

function imageTag(name: string, tag: XmlTag): ImageTag {
  const pages = tag.attributes['valueList'];
  return { name, value: pages ?? tag.attributes['value'] ?? '', list: pages !== undefined };
}

function controlTag(name: string, tag: XmlTag): ControlTag {
  return {
    name,
    type: tag.name.toLowerCase(),
    toName: (tag.attributes['toName'] ?? '').split(',').map((target) => target.trim()),
    labels: labelNames(tag),
    takesAnyLabel: tag.attributes['value']?.startsWith('$') ?? false,
    promptsOnly: (tag.attributes['smartOnly'] ?? tag.attributes['smartonly'])?.toLowerCase() === 'true',
  };
}

/** Labels may be grouped in layout tags inside their control. */
function labelNames(control: XmlTag): readonly string[] {
  const labels = [...everyTag(control.children)].filter((tag) => tag.name === 'Label');
  return labels.map(labelName).filter((name) => name !== undefined);
}

function labelName({ attributes }: XmlTag): string | undefined {
  return attributes['alias'] ?? attributes['value'];
}

function fillTemplate(template: string, data: JsonObject): string {
  return template.replace(/\$([\w.]+)/g, (_, path: string) => {
    const value = lookUp(data, path);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  });
}

function lookUp(data: JsonObject, path: string): unknown {
  if (Object.hasOwn(data, path)) return data[path];
  let value: unknown = data;
  for (const key of path.split('.')) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}
