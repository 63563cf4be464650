import type { Config } from '../../config.js';
import { choice, text } from '../../config-values.js';
import { MASK_OPTIONS, type MaskSettings } from './mask-choice.js';
import { oneValue, optionsIn, type ReadOptions, readOptions, texts, wordsAmong } from './option-kinds.js';
import type { BoxOutput } from './output-target.js';
import type { SourceKind } from './source.js';

/** What of tasks is refined, and how. The server has defaults; a project may have its own. */
export interface RefinePolicy {
  /** Result sets to look at, in this order. */
  readonly sources: readonly SourceKind[];
  readonly boxOutput: BoxOutput;
  /** Regions that carry one of these labels stay as they are. */
  readonly skipLabels: readonly string[];
  /** Masks with one of these labels cover a class instead of an object, as if all were `semantic`. */
  readonly semanticLabels: readonly string[];
  /** Name of the model; null for the default one. */
  readonly model: string | null;
  /** What holds for every mask whose control and label say nothing else. */
  readonly masks: MaskSettings;
}

const PROJECT_OPTIONS = {
  sources: wordsAmong(['predictions', 'annotations']),
  boxOutput: oneValue(choice(['auto', 'keep-type'])),
  skipLabels: texts(),
  semanticLabels: texts(),
  model: oneValue(text('name of a served model')),
  ...MASK_OPTIONS,
} as const;

/** The policy of a server, for projects that do not choose. */
export function serverPolicy({
  source,
  polygonMinIou,
  polygonMaxVertices,
}: Pick<Config, 'source' | 'polygonMinIou' | 'polygonMaxVertices'>): RefinePolicy {
  return {
    sources: source === 'auto' ? ['predictions', 'annotations'] : [source],
    boxOutput: 'auto',
    skipLabels: [],
    semanticLabels: [],
    model: null,
    masks: { semantic: false, output: 'auto', polygonMinIou, polygonMaxVertices },
  };
}

export interface ProjectPolicy {
  readonly policy: RefinePolicy;
  /** A line for each option that cannot be used, which is then as the server has it. */
  readonly problems: readonly string[];
}

/**
 * The policy of a project: the `refine` object of the JSON typed into Label Studio's connection form, over the defaults.
 *
 *     {"refine": {"sources": ["annotations"], "semantic_labels": ["Sky"], "preset": "paper", "output": "polygon"}}
 *
 * The form takes any JSON, and what else is in it may be for others.
 */
export function policyOf(extraParams: unknown, defaults: RefinePolicy): ProjectPolicy {
  const { chosen, problems } = readProjectOptions(extraParams);
  const { sources, boxOutput, skipLabels, semanticLabels, model, ...masks } = chosen;
  const policy = {
    sources: sources ?? defaults.sources,
    boxOutput: boxOutput ?? defaults.boxOutput,
    skipLabels: skipLabels ?? defaults.skipLabels,
    semanticLabels: semanticLabels ?? defaults.semanticLabels,
    model: model ?? defaults.model,
    masks: { ...defaults.masks, ...masks },
  };
  return { policy, problems };
}

/** The options in the JSON of a connection, and a line for each that cannot be used. */
export function readProjectOptions(extraParams: unknown): ReadOptions<typeof PROJECT_OPTIONS> {
  const params = optionsIn(extraParams ?? {}, 'extra params');
  const refine = typeof params === 'string' ? params : optionsIn(params['refine'] ?? {}, 'refine');
  if (typeof refine === 'string') return { chosen: {}, problems: [refine] };
  return readOptions(refine, PROJECT_OPTIONS, (name) => `refine.${name}`);
}
