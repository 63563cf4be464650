import { isJsonObject, stringsOf } from './json-object.js';
import type { BoxOutput } from './output-target.js';
import type { SourceKind } from './source.js';

/** What of a task is refined, and into what. The server has defaults; a project may have its own. */
export interface RefinePolicy {
  /** Result sets to look at, in this order. */
  readonly sources: readonly SourceKind[];
  readonly boxOutput: BoxOutput;
  /** Regions that carry one of these labels stay as they are. */
  readonly skipLabels: readonly string[];
  /** Split masks into regions, refine them one by one and unite them: for masks of a class instead of an object. */
  readonly semantic: boolean;
  /** Name of the model; null for the default one. */
  readonly model: string | null;
}

/** The policy of a server whose `SAMREFINER_SOURCE` is `source`, for projects that do not choose. */
export function serverPolicy(source: 'auto' | SourceKind): RefinePolicy {
  return {
    sources: source === 'auto' ? ['predictions', 'annotations'] : [source],
    boxOutput: 'auto',
    skipLabels: [],
    semantic: false,
    model: null,
  };
}

/**
 * The policy of a project: the `refine` object of the JSON typed into Label Studio's connection form, over the defaults.
 *
 *     {"refine": {"sources": ["annotations"], "box_output": "keep-type", "skip_labels": ["Sky"], "semantic": true,
 *                 "model": "mobile-sam"}}
 *
 * The form takes any JSON, so what does not fit is ignored.
 */
export function policyOf(extraParams: unknown, defaults: RefinePolicy): RefinePolicy {
  const refine = isJsonObject(extraParams) ? extraParams['refine'] : null;
  if (!isJsonObject(refine)) return defaults;
  const sources = stringsOf(refine['sources']).filter(isSourceKind);
  const { box_output: boxOutput, model } = refine;
  return {
    sources: sources.length > 0 ? sources : defaults.sources,
    boxOutput: boxOutput === 'auto' || boxOutput === 'keep-type' ? boxOutput : defaults.boxOutput,
    skipLabels: Array.isArray(refine['skip_labels']) ? stringsOf(refine['skip_labels']) : defaults.skipLabels,
    semantic: typeof refine['semantic'] === 'boolean' ? refine['semantic'] : defaults.semantic,
    model: typeof model === 'string' && model !== '' ? model : defaults.model,
  };
}

function isSourceKind(name: string): name is SourceKind {
  return name === 'predictions' || name === 'annotations';
}
