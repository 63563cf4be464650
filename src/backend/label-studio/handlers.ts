import type { Request, Response } from 'express';
import { requestSignal } from '../request-signal.js';
import { versionFor } from './model-versions.js';
import { predictBatch, type PredictDependencies } from './predict-batch.js';
import { parsePredictRequest } from './predict-request.js';
import { adapterProject, projectModel } from './project-model.js';
import type { ProjectSettings } from './project-settings.js';
import { policyOf } from './refine-policy.js';
import { readSetup } from './setup.js';
import { readWebhook } from './webhook-events.js';

export interface HandlerDependencies extends PredictDependencies {
  readonly projects: ProjectSettings;
}

export type Handler = (req: Request, res: Response) => Promise<void>;

/** How an answer with large masks is written; every other answer is a few bytes. */
export type SendJson = (res: Response, value: unknown) => Promise<void> | void;

/**
 * Answers `/predict`. A context, even an empty one, means that a person is drawing: `results[0]` is then an object,
 * because a list in its place clears the suggestions on the screen (note 4).
 */
export function predictHandler(dependencies: PredictDependencies, sendJson: SendJson): Handler {
  return async (req, res) => {
    const request = parsePredictRequest(req.body);
    if (request.context !== null) {
      await sendJson(res, { results: [{ result: [] }] });
      return;
    }
    const signal = requestSignal(req, res);
    const results = await predictBatch(request, dependencies, signal);
    await sendJson(res, { results });
  };
}

/**
 * Answers `/setup`: remembers what it says of the project and names its model's version. Called at every page view with
 * 3 s to answer, so that nothing is loaded, and a full disk costs a line in the log and no more.
 */
export function setupHandler(dependencies: HandlerDependencies): Handler {
  const { projects, models, adapters, policy: defaults, optionsFor, output, log } = dependencies;
  return async (req, res) => {
    const setup = readSetup(req.body);
    if (setup !== null) {
      await projects.set(setup.project, setup.setting).catch((err: unknown) => {
        log.warn({ project: setup.project, err }, 'project settings not saved');
      });
    }
    const policy = policyOf(setup?.setting.extraParams, defaults);
    const project = setup?.project ?? '';
    const model = await adapters.taught(adapterProject(project), projectModel(project, policy, models, log));
    res.json({ model_version: versionFor(model, { options: optionsFor(model), policy, output }) });
  };
}

/** Answers `/versions`, the list in Label Studio's settings, which names no project: every model's. */
export function versionsHandler({
  models,
  policy,
  optionsFor,
  output,
}: Pick<HandlerDependencies, 'models' | 'policy' | 'optionsFor' | 'output'>): Handler {
  return (_req, res) => {
    const versions = models.all.map((model) =>
      versionFor(model, { options: optionsFor(model), policy, output }),
    );
    res.json({ versions });
    return Promise.resolve();
  };
}

/** Answers `/webhook` at once: Label Studio waits 1 s, inside the annotator's Submit (note 5.2). */
export function webhookHandler({ log }: Pick<PredictDependencies, 'log'>): Handler {
  return (req, res) => {
    const { action, isTraining } = readWebhook(req.body);
    log.info({ action }, isTraining ? 'training event' : 'webhook without use');
    if (isTraining) res.status(201).json({ result: {}, status: 'ok' });
    else res.json({ status: 'Unknown event' });
    return Promise.resolve();
  };
}

/** Endpoints that Label Studio's client knows but whose answer it does not read (note 1.1). */
export function emptyHandler(): Handler {
  return (_req, res) => {
    res.json({});
    return Promise.resolve();
  };
}
