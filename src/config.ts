import type { Setting } from './config-entry.js';
import { SETTINGS } from './config-settings.js';
import { RefinerError } from './errors.js';

type Table = typeof SETTINGS;

/** What a setting's entry in the table makes of its variable: its value, or null where it has no default. */
type ValueOf<S> = S extends { readonly kind: { readonly parse: (text: string) => infer T } }
  ? Exclude<T, undefined> | (S extends { readonly default: null } ? null : never)
  : never;

/** All settings, parsed and frozen. Units are in the names. */
export type Config = { readonly [Key in keyof Table]: ValueOf<Table[Key]> };

/** An environment as `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'SAMREFINER_';

/**
 * Reads all settings from an environment. Variables that are empty count as not set.
 * Throws CONFIG_INVALID for a value out of range, an unknown `SAMREFINER_*` name or only half of the credentials.
 */
export function loadConfig(env: Environment): Config {
  refuseUnknownNames(env);
  const entries = Object.entries<Setting<unknown>>(SETTINGS).map(([key, setting]) => [
    key,
    valueIn(env, setting),
  ]);
  const config = Object.freeze(Object.fromEntries(entries)) as Config;
  requireBoth('BASIC_AUTH_USER', config.basicAuthUser, 'BASIC_AUTH_PASS', config.basicAuthPass);
  requireBoth('CVAT_USERNAME', config.cvatUsername, 'CVAT_PASSWORD', config.cvatPassword);
  return config;
}

function requireBoth(nameA: string, a: string | null, nameB: string, b: string | null): void {
  if ((a === null) === (b === null)) return;
  throw new RefinerError('CONFIG_INVALID', {
    expected: `${nameA} and ${nameB} set together`,
    received: 'only one of them',
  });
}

/** The settings as one line each, secrets hidden, for the log at start. */
export function describeConfig(config: Config): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries<Setting<unknown>>(SETTINGS).map(([key, setting]) => {
      const value = config[key as keyof Config];
      return [key, setting.secret === true && value !== null ? '[hidden]' : value];
    }),
  );
}

function valueIn(env: Environment, setting: Setting<unknown>): unknown {
  for (const name of setting.names) {
    const text = env[name]?.trim() ?? '';
    if (text === '') continue;
    const value = setting.kind.parse(text);
    if (value !== undefined) return value;
    throw new RefinerError('CONFIG_INVALID', {
      where: name,
      expected: setting.kind.range,
      received: setting.secret === true ? 'another value' : JSON.stringify(text.slice(0, 100)),
    });
  }
  const shared = setting.sharedName === undefined ? undefined : env[setting.sharedName];
  return (shared === undefined ? undefined : setting.kind.parse(shared.trim())) ?? setting.default;
}

function refuseUnknownNames(env: Environment): void {
  const known = Object.values<Setting<unknown>>(SETTINGS).flatMap((setting) => setting.names);
  for (const name of Object.keys(env)) {
    if (!name.startsWith(PREFIX) || known.includes(name)) continue;
    throw new RefinerError('CONFIG_INVALID', {
      where: name,
      expected: `a known name, such as ${nearest(name, known)}`,
      received: 'a name that no setting has',
    });
  }
}

function nearest(name: string, known: readonly string[]): string {
  const own = known.filter((candidate) => candidate.startsWith(PREFIX));
  return own.reduce((best, candidate) =>
    editDistance(name, candidate) < editDistance(name, best) ? candidate : best,
  );
}

/** Levenshtein's distance: the least number of inserted, deleted or exchanged letters. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const exchanged = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(exchanged, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
