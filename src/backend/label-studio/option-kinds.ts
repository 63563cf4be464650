import type { ValueKind } from '../../config-values.js';
import { describeValue } from '../validate.js';
import { isJsonObject, type JsonObject } from './json-object.js';

/** How the value of an option is read, from JSON or from the text of an attribute. */
export interface OptionKind<T> {
  /** The accepted values, as messages say them. */
  readonly expected: string;
  /** Undefined for a value that it does not take. */
  readonly read: (value: unknown) => T | undefined;
}

type OptionKinds = Readonly<Record<string, OptionKind<unknown>>>;

/** What was chosen; an option that was not is absent. */
export type Chosen<Kinds extends OptionKinds> = {
  readonly [Name in keyof Kinds]?: Kinds[Name] extends OptionKind<infer T> ? T : never;
};

export interface ReadOptions<Kinds extends OptionKinds> {
  readonly chosen: Chosen<Kinds>;
  /** One line for each option that cannot be used: which, what was expected, what was received. */
  readonly problems: readonly string[];
}

/** As the server's settings are read. JSON may have a number or a boolean in place of its text. */
export function oneValue<T>({ range, parse }: ValueKind<T>): OptionKind<T> {
  return {
    expected: range,
    read: (value) => {
      const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
      const text = isScalar ? String(value).trim() : '';
      return text === '' ? undefined : parse(text);
    },
  };
}

/** A list of texts, which may be empty. */
export function texts(): OptionKind<readonly string[]> {
  return {
    expected: 'a list of texts',
    read: (value) =>
      Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : undefined,
  };
}

/** A list of at least one of some words. */
export function wordsAmong<const T extends string>(words: readonly T[]): OptionKind<readonly T[]> {
  return {
    expected: `a list of ${words.join(', ')}`,
    read: (value) => {
      const found = texts()
        .read(value)
        ?.map((entry) => words.find((word) => word === entry));
      if (found === undefined || found.length === 0) return undefined;
      return found.every((word) => word !== undefined) ? found : undefined;
    },
  };
}

/**
 * Reads options one by one, so that one that cannot be used costs only itself. Names are those of the kinds in small
 * letters with underscores; null counts as absent.
 *
 * @param placeOf names an option in messages
 */
export function readOptions<const Kinds extends OptionKinds>(
  values: JsonObject,
  kinds: Kinds,
  placeOf: (name: string) => string,
): ReadOptions<Kinds> {
  const names = new Map(Object.keys(kinds).map((key) => [snakeCase(key), key]));
  const chosen: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const key = names.get(name);
    const kind = key === undefined ? undefined : kinds[key];
    if (key === undefined || kind === undefined) {
      problems.push(
        problem(placeOf(name.slice(0, 60)), `one of ${[...names.keys()].join(', ')}`, 'another name'),
      );
      continue;
    }
    if (value === null) continue;
    const read = kind.read(value);
    if (read === undefined) problems.push(problem(placeOf(name), kind.expected, describeValue(value)));
    else chosen[key] = read;
  }
  return { chosen: chosen as Chosen<Kinds>, problems };
}

/** The options in an object, or the line that says that it is none. */
export function optionsIn(value: unknown, place: string): JsonObject | string {
  return isJsonObject(value) ? value : problem(place, 'an object', describeValue(value));
}

export function problem(place: string, expected: string, received: string): string {
  return `${place}: expected ${expected}, received ${received}`;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
