import type { Models, ServedModel } from '../models.js';
import type { RefinePolicy } from './refine-policy.js';

/**
 * The model that a project chooses. One that is not served costs a line in the log, with those that are, and the default
 * one is taken: nothing typed into Label Studio's connection form may fail a call.
 */
export function projectModel(
  project: string,
  { model }: RefinePolicy,
  models: Models,
  log: { warn(facts: object, message: string): void },
): ServedModel {
  const chosen = model === null ? models.default : models.all.find(({ name }) => name === model);
  if (chosen) return chosen;
  const facts = { project, model: model?.slice(0, 100), served: models.all.map(({ name }) => name) };
  log.warn(facts, 'the project chooses a model that is not served; the default one is used');
  return models.default;
}

/** The name under which what a project teaches is kept. */
export function adapterProject(project: string): string {
  return `label-studio-${project}`;
}
