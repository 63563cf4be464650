import { Ajv } from 'ajv';
import { RefinerError } from '../../errors.js';
import type { RoughShape } from '../../formats/rough-shape.js';
import type { Size } from '../../refiner/types.js';
import { isJsonObject, stringsOf, textOf, type JsonObject } from './json-object.js';
import { findRegions, type Region } from './region.js';
import { REGION_SCHEMAS, type PointValue, type RegionFrame, type RegionValues } from './region-schema.js';

/** A click in percent of the image; negative ones say what does not belong to the object. */
export interface PromptClick extends PointValue {
  readonly positive: boolean;
}

export type RectangleShape = Extract<RoughShape, { kind: 'rectangle' }>;

/** What a person has drawn to be answered, and what its newest entry says of itself. */
export type Prompt = PromptOrigin &
  (
    | { readonly kind: 'clicks'; readonly clicks: readonly PromptClick[] }
    | { readonly kind: 'box'; readonly box: RectangleShape }
    /** A region as such, which some hosts send to have it refined. */
    | { readonly kind: 'region'; readonly region: Region; readonly results: readonly unknown[] }
  );

export interface PromptOrigin {
  /** Id of the newest entry; null in the prompt layer. */
  readonly id: string | null;
  /** Ids of all entries, which are no regions though drafts may hold them. */
  readonly ids: ReadonlySet<string>;
  /** Control that drew it; null in the prompt layer, whose prompts name nothing. */
  readonly fromName: string | null;
  readonly toName: string | null;
  /** Page of a `valueList` image, from 0; null when the prompt does not say. */
  readonly page: number | null;
  readonly labels: readonly string[];
  /** Size of the image in the editor; null when the prompt does not say. */
  readonly madeFor: Size | null;
  readonly imageRotation: number;
}

/**
 * Reads the prompts of an interactive context; null when there is none. Throws SHAPE_INVALID when the newest is not as
 * its type asks for.
 */
export type PromptReader = (context: JsonObject) => Prompt | null;

/**
 * Compiles the schemas once. Entries that are not prompts ride along in a context: regions of the same type and label,
 * old ones included, so that the last is the newest prompt. For points all are one set, of boxes only the last counts
 * (protocol note 4.1).
 */
export function createPromptReader(): PromptReader {
  const ajv = new Ajv({ allowUnionTypes: true });
  const isPoint = ajv.compile<PointValue>(REGION_SCHEMAS.point);
  const isRectangle = ajv.compile<RegionValues['rectangle']>(REGION_SCHEMAS.rectangle);
  const isFrame = ajv.compile<RegionFrame>(REGION_SCHEMAS.frame);

  return (context) => {
    const results: readonly unknown[] = Array.isArray(context['result']) ? context['result'] : [];
    const entries = results.filter(isJsonObject);
    const last = entries.at(-1);
    if (last === undefined) return null;
    const [newest = last] = entriesOf(last, entries).filter((entry) => promptKindOf(entry) !== null);
    const { original_width: width, original_height: height } = isFrame(newest) ? newest : {};
    const origin = {
      ...originOf(newest, entriesOf(last, entries)),
      ids: new Set(entries.flatMap(({ id }) => (typeof id === 'string' ? [id] : []))),
      madeFor: typeof width === 'number' && typeof height === 'number' ? { width, height } : null,
    };
    switch (promptKindOf(newest)) {
      case 'click': {
        if (!isPoint(newest['value'])) throw invalidPrompt('x and y in percent');
        const clicks = entries.filter((entry) => promptKindOf(entry) === 'click' && isBeside(entry, newest));
        return { ...origin, kind: 'clicks', clicks: clicks.flatMap((entry) => clickOf(entry, isPoint)) };
      }
      case 'box': {
        const { value } = newest;
        if (!isRectangle(value)) throw invalidPrompt('x, y, width and height in percent');
        const { x, y, width: w, height: h, rotation } = value;
        const rotationDegrees = rotation ?? 0;
        return {
          ...origin,
          kind: 'box',
          box: { kind: 'rectangle', unit: 'percent', x, y, width: w, height: h, rotationDegrees },
        };
      }
      case null: {
        const region = findRegions(results).findLast(({ members }) =>
          members.some((at) => results[at] === last),
        );
        return region ? { ...origin, kind: 'region', region, results } : null;
      }
    }
  };
}

/** The results of the same id, or the entry alone where it has none: in the split form a prompt is two of them. */
function entriesOf(entry: JsonObject, entries: readonly JsonObject[]): readonly JsonObject[] {
  const { id } = entry;
  return typeof id === 'string' ? entries.filter((other) => other['id'] === id) : [entry];
}

/** By type and value: companions repeat a shape under other types, so that a type alone says too little (note 6.4). */
function promptKindOf({ type, value }: JsonObject): 'click' | 'box' | null {
  if (
    !isJsonObject(value) ||
    ['rle', 'format', 'points', 'imageDataURL', 'radiusX'].some((key) => key in value)
  )
    return null;
  if (type === 'keypoint' || type === 'keypointlabels') return 'click';
  return type === 'rectangle' || type === 'rectanglelabels' ? 'box' : null;
}

function isBeside(entry: JsonObject, newest: JsonObject): boolean {
  return entry['to_name'] === newest['to_name'] && entry['item_index'] === newest['item_index'];
}

/** Empty for what is no point: an old one must not cost the newest. `positive` is the prompt layer's name. */
function clickOf(
  entry: JsonObject,
  isPoint: (value: unknown) => value is PointValue,
): readonly PromptClick[] {
  const { value } = entry;
  if (!isJsonObject(value) || !isPoint(value)) return [];
  const { x, y } = value;
  return [{ x, y, positive: entry['is_positive'] !== false && value['positive'] !== false }];
}

function originOf(
  newest: JsonObject,
  companions: readonly JsonObject[],
): Omit<PromptOrigin, 'ids' | 'madeFor'> {
  const { id, from_name: fromName, to_name: toName, item_index: page, image_rotation: turned } = newest;
  return {
    id: textOf(id),
    fromName: textOf(fromName),
    toName: textOf(toName),
    page: typeof page === 'number' && Number.isInteger(page) && page >= 0 ? page : null,
    labels: [...new Set(companions.flatMap(labelsOf))],
    imageRotation: typeof turned === 'number' ? turned : 0,
  };
}

/** Of a labelled control under its type, else in a `labels` result beside it. */
function labelsOf({ type, value }: JsonObject): readonly string[] {
  return typeof type === 'string' && isJsonObject(value) ? stringsOf(value[type]) : [];
}

function invalidPrompt(expected: string): RefinerError {
  return new RefinerError('SHAPE_INVALID', { where: 'the last entry of the context', expected });
}
