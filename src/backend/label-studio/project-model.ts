import type { Models, ServedModel } from '../models.js';
import { problem } from './option-kinds.js';
import type { RefinePolicy } from './refine-policy.js';

/**
 * The model that a project chooses. For one that is not served the default one is taken and a line says so: nothing typed
 * into Label Studio's connection form may fail a call.
 */
export function projectModel(
  { model }: Pick<RefinePolicy, 'model'>,
  models: Models,
): { readonly model: ServedModel; readonly problems: readonly string[] } {
  const chosen = model === null ? models.default : models.all.find(({ name }) => name === model);
  if (chosen) return { model: chosen, problems: [] };
  const served = models.all.map(({ name }) => name).join(', ');
  const received = JSON.stringify(model?.slice(0, 100));
  return {
    model: models.default,
    problems: [problem('refine.model', `a served model (${served})`, received)],
  };
}

/** The name under which what a project teaches is kept. */
export function adapterProject(project: string): string {
  return `label-studio-${project}`;
}
