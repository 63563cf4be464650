/** How the text of an environment variable becomes a value. `parse` answers undefined for text it does not take. */
export interface ValueKind<T> {
  /** The accepted values, as the settings table and error messages say them. */
  readonly range: string;
  readonly parse: (text: string) => T | undefined;
}

/** An integer from `min` to `max`, both included. */
export function integer(min: number, max: number): ValueKind<number> {
  return {
    range: `integer ${min} to ${max}`,
    parse: (text) => {
      const value = Number(text);
      return Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
    },
  };
}

/** A number from 0 to 1. */
export function fraction(): ValueKind<number> {
  return numberUpTo(1);
}

/** A number from 0 to `max`. */
export function numberUpTo(max: number): ValueKind<number> {
  return {
    range: `number 0 to ${max}`,
    parse: (text) => {
      const value = Number(text);
      return value >= 0 && value <= max ? value : undefined;
    },
  };
}

/** One of some words, in upper or lower case; `synonyms` are read but not advertised. */
export function choice<const T extends string>(
  words: readonly T[],
  synonyms: Readonly<Record<string, T>> = {},
): ValueKind<T> {
  return {
    range: words.join(', '),
    parse: (text) => {
      const lower = text.toLowerCase();
      return (
        words.find((word) => word === lower) ?? (Object.hasOwn(synonyms, lower) ? synonyms[lower] : undefined)
      );
    },
  };
}

export function flag(): ValueKind<boolean> {
  const words: Readonly<Record<string, boolean>> = {
    true: true,
    yes: true,
    on: true,
    1: true,
    false: false,
    no: false,
    off: false,
    0: false,
  };
  return {
    range: 'true, false',
    parse: (text) => (Object.hasOwn(words, text.toLowerCase()) ? words[text.toLowerCase()] : undefined),
  };
}

export function text(range: string): ValueKind<string> {
  return { range, parse: (value) => value };
}

/** An http or https address without credentials in it; a trailing slash is cut off. */
export function httpUrl(): ValueKind<string> {
  return {
    range: 'http(s) address',
    parse: (value) => (parseHttpUrl(value) ? value.replace(/\/+$/, '') : undefined),
  };
}

/** A version such as 2.55 or 2.55.1, as its numbers. */
export function versionNumber(): ValueKind<readonly number[]> {
  return {
    range: 'version such as 2.55',
    parse: (value) =>
      /^\d{1,6}(\.\d{1,6}){0,2}$/.test(value) ? Object.freeze(value.split('.').map(Number)) : undefined,
  };
}

/** Positive integers separated by commas. */
export function idList(): ValueKind<readonly number[]> {
  return {
    range: 'ids, comma-separated',
    parse: (value) => {
      const ids = partsOf(value);
      return ids.every((id) => /^[1-9]\d{0,14}$/.test(id)) ? Object.freeze(ids.map(Number)) : undefined;
    },
  };
}

/** Texts separated by commas. */
export function textList(range: string): ValueKind<readonly string[]> {
  return { range, parse: (value) => Object.freeze(partsOf(value)) };
}

/** Origins (`scheme://host[:port]`) separated by commas, each in its normal form. */
export function originList(): ValueKind<readonly string[]> {
  return {
    range: 'http(s) origins, comma-separated',
    parse: (value) => {
      const origins = partsOf(value).map(parseOrigin);
      return origins.every((origin) => origin !== undefined) ? Object.freeze(origins) : undefined;
    },
  };
}

function partsOf(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function parseOrigin(value: string): string | undefined {
  const url = parseHttpUrl(value);
  return url?.pathname === '/' && url.search === '' && url.hash === '' ? url.origin : undefined;
}

function parseHttpUrl(value: string): URL | undefined {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.username === '' && url.password === '' ? url : undefined;
}
