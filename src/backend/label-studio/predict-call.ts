import { RefinerError } from '../../errors.js';
import type { RefineOptions } from '../../refiner/options.js';
import type { AdaptersInUse } from '../fit/adapters-in-use.js';
import type { Models, ServedModel } from '../models.js';
import type { ImageSource, TaskImageContext } from './image-source.js';
import { parseLabelConfig, type LabelConfig } from './label-config.js';
import { versionFor } from './model-versions.js';
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
  /** The algorithm's options where nobody chose otherwise. */
  readonly optionsFor: (model: ServedModel) => RefineOptions;
  readonly policy: RefinePolicy;
  readonly output: PlanSettings['output'];
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

export async function chooseForProject(
  project: string,
  { projects, policy: defaults, output, models, adapters, optionsFor, log }: PredictDependencies,
): Promise<ProjectChoice> {
  const setting = await projects.get(project);
  const policy = policyOf(setting?.extraParams, defaults);
  const chosen = projectModel(project, policy, models, log);
  const model = await adapters.taught(adapterProject(project), chosen);
  const options = optionsFor(model);
  const settings = { policy, output };
  return { setting, settings, model, options, modelVersion: versionFor(model, { options, ...settings }) };
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
  const { setting, ...chosen } = await chooseForProject(request.project, dependencies);
  return {
    ...chosen,
    request,
    config: parseLabelConfig(request.labelConfig),
    images: {
      projectId: request.project,
      hostname: request.hostname,
      setupHostname: setting?.hostname ?? null,
      accessToken: setting?.accessToken ?? null,
      ...request.credentials,
    },
  };
}
