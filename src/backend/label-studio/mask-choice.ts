import { choice, flag } from '../../config-values.js';
import { SETTINGS } from '../../config-settings.js';
import { type Chosen, oneValue } from './option-kinds.js';

/** What may be chosen for single masks. Those that the server has too are read as its settings are. */
export const MASK_OPTIONS = {
  preset: oneValue(SETTINGS.preset.kind),
  rounds: oneValue(SETTINGS.rounds.kind),
  zoom: oneValue(SETTINGS.zoom.kind),
  minWidthCells: oneValue(SETTINGS.minWidthCells.kind),
  minAgreement: oneValue(SETTINGS.minAgreement.kind),
  minPredictedIou: oneValue(SETTINGS.minPredictedIou.kind),
  minStability: oneValue(SETTINGS.minStability.kind),
  semantic: oneValue(flag()),
  output: oneValue(choice(['auto', 'brush', 'bitmask', 'polygon'])),
  polygonMinIou: oneValue(SETTINGS.polygonMinIou.kind),
  polygonMaxVertices: oneValue(SETTINGS.polygonMaxVertices.kind),
} as const;

/** What a project, a control or a label chooses for its masks; absent where the next in line decides. */
export type MaskChoice = Chosen<typeof MASK_OPTIONS>;

/** The type that masks are answered in where the configuration has a control for it; `auto`: that which they have. */
export type MaskOutput = NonNullable<MaskChoice['output']>;

/** What holds for a mask. What is absent of the algorithm's options is as the server or the model's pack has it. */
export type MaskSettings = MaskChoice &
  Required<Pick<MaskChoice, 'semantic' | 'output' | 'polygonMinIou' | 'polygonMaxVertices'>>;

/** Whether it chooses anything of the algorithm, and not only of what is made of its masks. */
export function choosesAlgorithm({
  preset,
  rounds,
  zoom,
  minWidthCells,
  minAgreement,
  minPredictedIou,
  minStability,
}: MaskChoice): boolean {
  return [preset, rounds, zoom, minWidthCells, minAgreement, minPredictedIou, minStability].some(
    (option) => option !== undefined,
  );
}
