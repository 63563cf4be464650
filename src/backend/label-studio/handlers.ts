import type { Request, Response } from 'express';
import { requestSignal } from '../request-signal.js';
import type { InteractiveDependencies } from './interactive-call.js';
import { predictBatch } from './predict-batch.js';
import { chooseForProject, hintsOf } from './predict-call.js';
import { predictInteractive } from './predict-interactive.js';
import { versionFor } from './model-versions.js';
import { parsePredictRequest } from './predict-request.js';
import type { ProjectSettings } from './project-settings.js';
import { readSetup } from './setup.js';
import { warmImage } from './warm-image.js';

export interface HandlerDependencies extends InteractiveDependencies {
  readonly projects: ProjectSettings;
}

export type Handler = (req: Request, res: Response) => Promise<void>;

/** How an answer with large masks is written; every other answer is a few bytes. */
export type SendJson = (res: Response, value: unknown) => Promise<void> | void;

/**
 * Answers `/predict`. A context, even an empty one, means that a person is drawing: `results[0]` is then an object,
 * because a list in its place clears the suggestions on the screen (note 4). A single task without one is a task that
 * somebody has just opened: its image is made ready for drawing, unless refining it has done so.
 */
export function predictHandler(dependencies: InteractiveDependencies, sendJson: SendJson): Handler {
  return async (req, res) => {
    const request = parsePredictRequest(req.body);
    const signal = requestSignal(req, res);
    if (request.context !== null) {
      const result = await predictInteractive(request, request.context, dependencies, signal);
      await sendJson(res, { results: [result] });
      return;
    }
    const { images, recentImages } = dependencies;
    const isOpened = request.tasks.length === 1;
    const results = await predictBatch(
      request,
      { ...dependencies, images: isOpened ? recentImages : images },
      signal,
    );
    if (isOpened) warmImage(request, dependencies);
    await sendJson(res, { results });
  };
}

/**
 * Answers `/setup`: remembers what it says of the project and names its model's version. Called at every page view with
 * 3 s to answer, so that nothing is loaded, and a full disk costs a line in the log and no more.
 */
export function setupHandler(dependencies: HandlerDependencies): Handler {
  const { projects, log } = dependencies;
  return async (req, res) => {
    const setup = readSetup(req.body);
    if (setup !== null) {
      await projects.set(setup.project, setup.setting).catch((err: unknown) => {
        log.warn({ project: setup.project, err }, 'project settings not saved');
      });
    }
    const hints = hintsOf(setup?.schema ?? '');
    const { modelVersion } = await chooseForProject(setup?.project ?? '', hints, dependencies);
    res.json({ model_version: modelVersion });
  };
}

/** Answers `/versions`, the list in Label Studio's settings, which names no project: every model's. */
export function versionsHandler({
  models,
  policy,
  optionsFor,
}: Pick<HandlerDependencies, 'models' | 'policy' | 'optionsFor'>): Handler {
  return (_req, res) => {
    const versions = models.all.map((model) =>
      versionFor(model, { options: optionsFor(model, policy.masks), policy, hints: [] }),
    );
    res.json({ versions });
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
