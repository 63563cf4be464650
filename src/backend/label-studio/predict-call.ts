import { RefinerError } from '../../errors.js';
import type { RefineOptions } from '../../refiner/options.js';
import type { AdaptersInUse } from '../fit/adapters-in-use.js';
import type { Models, ServedModel } from '../models.js';
import type { ImageSource, TaskImageContext } from './image-source.js';
import { parseLabelConfig, type LabelConfig } from './label-config.js';
import type { MaskChoice } from './mask-choice.js';
import { versionFor } from './model-versions.js';
import type { OnOptionProblems } from './option-problems.js';
import type { PredictRequest } from './predict-request.js';
import { adapterProject, projectModel } from './project-model.js';
import type { ProjectSetting, ProjectSettings } from './project-settings.js';
import type { ShapeReader } from './read-shape.js';
import { policyOf, type RefinePolicy } from './refine-policy.js';
import type { PlanSettings } from './task-plan.js';

/** What answering `/predict` takes, in batch and while somebody draws. */
export interface PredictDependencies {
  readonly models: Models;
  readonly adapters: AdaptersInUse;
  readonly images: ImageSource;
  readonly projects: Pick<ProjectSettings, 'get'>;
  readonly readShape: ShapeReader;
  readonly log: PredictLog;
  readonly deadlineMs: number;
  /** Tasks worked on at a time, so that images are fetched while others are in the worker. */
  readonly tasksAtOnce: number;
  /** The algorithm's options for what a project has chosen. */
  readonly optionsFor: (model: ServedModel, choice: MaskChoice) => RefineOptions;
  /** Of projects that choose nothing. */
  readonly policy: RefinePolicy;
  readonly onOptionProblems: OnOptionProblems;
}

/** The two severities that predictions write, as pino has them. */
export interface PredictLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** What every task of one call shares. */
export interface PredictCall {
  readonly request: PredictRequest;
  readonly config: LabelConfig;
  readonly settings: PlanSettings;
  readonly images: Omit<TaskImageContext, 'taskId'>;
  readonly model: ServedModel;
  readonly options: RefineOptions;
  /** The name under which the answers are stored. */
  readonly modelVersion: string;
}

/** The model that a project chooses, as it was taught, what else it has said, and what its answers are called. */
export interface ProjectChoice extends Pick<PredictCall, 'settings' | 'model' | 'options' | 'modelVersion'> {
  readonly setting: ProjectSetting | null;
}

/** What chooses for a project. */
export type ChoiceDependencies = Pick<
  PredictDependencies,
  'projects' | 'policy' | 'models' | 'adapters' | 'optionsFor' | 'onOptionProblems'
>;

/**
 * What a project has chosen, in its model connection and in its labelling configuration. An option that cannot be used is
 * told of and left to the next in line.
 */
export async function chooseForProject(
  project: string,
  config: Pick<LabelConfig, 'hints' | 'problems'>,
  { projects, policy: defaults, models, adapters, optionsFor, onOptionProblems }: ChoiceDependencies,
): Promise<ProjectChoice> {
  const setting = await projects.get(project);
  const { policy, problems } = policyOf(setting?.extraParams, defaults);
  const chosen = projectModel(policy, models);
  onOptionProblems(project, [...problems, ...chosen.problems, ...config.problems]);
  const model = await adapters.taught(adapterProject(project), chosen.model);
  const settings: PlanSettings = { policy, optionsFor: (choice) => optionsFor(model, choice) };
  const options = settings.optionsFor(policy.masks);
  const modelVersion = versionFor(model, { options, policy, hints: config.hints });
  return { setting, settings, model, options, modelVersion };
}

/** The hints of a configuration; none of one that cannot be read, which is refused when it is needed. */
export function hintsOf(labelConfig: string): Pick<LabelConfig, 'hints' | 'problems'> {
  try {
    return parseLabelConfig(labelConfig);
  } catch (error) {
    if (error instanceof RefinerError) return { hints: [], problems: [] };
    throw error;
  }
}

/** Reads the configuration and what the project has chosen. Throws BODY_INVALID for an unusable configuration. */
export async function openCall(
  request: PredictRequest,
  dependencies: PredictDependencies,
): Promise<PredictCall> {
  if (request.labelConfig.trim() === '') {
    throw new RefinerError('BODY_INVALID', {
      where: 'label_config',
      expected: 'the labelling configuration',
    });
  }
  const config = parseLabelConfig(request.labelConfig);
  const { setting, ...chosen } = await chooseForProject(request.project, config, dependencies);
  return {
    ...chosen,
    request,
    config,
    images: {
      projectId: request.project,
      hostname: request.hostname,
      setupHostname: setting?.hostname ?? null,
      accessToken: setting?.accessToken ?? null,
      ...request.credentials,
    },
  };
}
