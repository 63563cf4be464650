import type { RefineOptions, ShapeOptions } from '../../refiner/options.js';
import { type ConfigHint, hintedChoice } from './config-hints.js';
import { choosesAlgorithm, type MaskChoice, type MaskSettings } from './mask-choice.js';
import type { RefinePolicy } from './refine-policy.js';

/** What a project has chosen for masks, and the algorithm's options of its model for such a choice. */
export interface ProjectMasks {
  readonly policy: Pick<RefinePolicy, 'masks' | 'semanticLabels'>;
  readonly optionsFor: (choice: MaskChoice) => RefineOptions;
}

export interface SettingsOfMask extends MaskSettings {
  /** Null where those of the project hold. */
  readonly options: ShapeOptions | null;
}

/**
 * What holds for a mask of a control with these labels: each option as its label has it, else its control, else the
 * project, else the server, else the model's pack.
 */
export function settingsOfMask(
  region: { readonly fromName: string; readonly labels: readonly string[] },
  hints: readonly ConfigHint[],
  { policy, optionsFor }: ProjectMasks,
): SettingsOfMask {
  const hinted = hintedChoice(region, hints);
  const isClass = region.labels.some((label) => policy.semanticLabels.includes(label));
  const settings = { ...policy.masks, ...(isClass ? { semantic: true } : {}), ...hinted };
  return { ...settings, options: choosesAlgorithm(hinted) ? shapeOptions(optionsFor(settings)) : null };
}

function shapeOptions({ prompts, accept, rounds, zoom }: RefineOptions): ShapeOptions {
  return { prompts, accept, rounds, zoom };
}
