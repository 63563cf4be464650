import { createHash } from 'node:crypto';
import { loadConfig } from '../../config.js';
import type { RefineOptions } from '../../refiner/options.js';
import { configuredOptions } from '../configured-options.js';
import type { ServedModel } from '../models.js';
import type { ConfigHint } from './config-hints.js';
import { type RefinePolicy, serverPolicy } from './refine-policy.js';

const PREFIX = 'samrefiner';
/** Hexadecimal digits: enough to tell the settings that one project has had from each other. */
const FINGERPRINT_DIGITS = 6;

/** Everything besides the model that decides what is answered for a task. */
export interface ResultSettings {
  /** Of the project as a whole. */
  readonly options: RefineOptions;
  readonly policy: RefinePolicy;
  readonly hints: readonly ConfigHint[];
}

/**
 * The name under which a project's results are stored in Label Studio, which skips tasks that have the current one: what
 * `/setup` answers and predictions carry. The same as long as results would be the same: the model's own version, and
 * where settings differ from those of a server that nobody has set up, `-settings-` and their fingerprint. So tasks are
 * asked for again when an operator or a project changes, say, the number of rounds.
 */
export function versionFor(model: ServedModel, settings: ResultSettings): string {
  const chosen = fingerprint(settings);
  const suffix = chosen === fingerprint(usualSettings(model)) ? '' : `-settings-${chosen}`;
  return storedVersion(model) + suffix;
}

/** The same without regard to settings. */
export function storedVersion({ inference }: Pick<ServedModel, 'inference'>): string {
  const { modelVersion } = inference;
  return isOwnVersion(modelVersion) ? modelVersion : `${PREFIX}-${modelVersion}`;
}

/** Whether a prediction was made by this product, by any version of any model. */
export function isOwnVersion(modelVersion: string): boolean {
  return modelVersion === PREFIX || modelVersion.startsWith(`${PREFIX}-`);
}

function usualSettings(model: ServedModel): ResultSettings {
  const config = loadConfig({});
  return { options: configuredOptions(config, model), policy: serverPolicy(config), hints: [] };
}

/** Without the model and what was learned for it, which its version names, and without what never changes a result. */
function fingerprint({ options, policy, hints }: ResultSettings): string {
  const { prompts, accept, rounds, zoom } = options;
  const { sources, boxOutput, skipLabels, semanticLabels, masks } = policy;
  const { semantic, output, polygonMinIou, polygonMaxVertices } = masks;
  const facts = {
    ...{ prompts, accept, rounds, zoom, sources, boxOutput, skipLabels, semanticLabels },
    ...{ semantic, output, polygonMinIou, polygonMaxVertices, hints },
  };
  return createHash('sha256')
    .update(JSON.stringify(facts, sortedKeys))
    .digest('hex')
    .slice(0, FINGERPRINT_DIGITS);
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
