import { RefinerError } from '../../../src/errors.js';
import type { InteractiveDependencies } from '../../../src/backend/label-studio/interactive-call.js';
import { predictBatch } from '../../../src/backend/label-studio/predict-batch.js';
import type { PredictDependencies } from '../../../src/backend/label-studio/predict-call.js';
import { parsePredictRequest } from '../../../src/backend/label-studio/predict-request.js';
import { inMemoryProjectSettings } from '../../../src/backend/label-studio/project-settings.js';
import { logOptionProblems } from '../../../src/backend/label-studio/option-problems.js';
import { serverPolicy } from '../../../src/backend/label-studio/refine-policy.js';
import { loadConfig } from '../../../src/config.js';
import { createPromptReader } from '../../../src/backend/label-studio/prompt.js';
import { createShapeReader } from '../../../src/backend/label-studio/read-shape.js';
import { optionsFor } from '../../../src/onnx/options-for.js';
import { readFixture } from '../../support/fixtures.js';
import { servingOnly } from '../serving-only.js';
import { dilatingInference } from './dilating-inference.js';

export type Item = Record<string, unknown> & { id: string; type: string; value: Record<string, unknown> };

export interface Task {
  id: number;
  data: Record<string, unknown>;
  predictions: { id: number; model_version: string; created_at: string; result: Item[] }[];
  annotations: { id: number; was_cancelled: boolean; result: Item[] }[];
}

export interface RefinableFact {
  readonly id: string;
  readonly type: string;
  readonly label: string;
  readonly bbox_px?: readonly number[];
  readonly area_px?: number;
  readonly rotation?: number;
}

export interface RequestFixture {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body: { tasks: Task[]; label_config: string; project: string; params: Record<string, unknown> };
  readonly serve?: Readonly<Record<string, string>>;
  readonly facts?: {
    readonly results_length?: number;
    readonly results?: readonly unknown[];
    readonly refinable?: Readonly<Record<string, readonly RefinableFact[]>>;
  };
}

/** A fresh copy each time, so that a test may change it. */
export function requestFixture(name: string): RequestFixture {
  return JSON.parse(readFixture(`label-studio/requests/${name}.json`).toString('utf8')) as RequestFixture;
}

export function imageFixture(name: string): Uint8Array {
  return new Uint8Array(readFixture(`label-studio/images/${name}`));
}

/** Images as the fixture says that Label Studio serves them; everything else is not there. */
export function servedImages(serve: Readonly<Record<string, string>> = {}): PredictDependencies['images'] {
  return {
    load: (value) => {
      if (value.startsWith('data:')) {
        return Promise.resolve(new Uint8Array(Buffer.from(value.slice(value.indexOf(',') + 1), 'base64')));
      }
      const file = serve[value];
      if (file === undefined) return Promise.reject(new RefinerError('IMAGE_NOT_FOUND', { where: value }));
      return Promise.resolve(new Uint8Array(readFixture(`label-studio/${file}`)));
    },
  };
}

export interface LogLine {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Everything that predictions need, and the lines that they log. */
export function dependenciesFor(
  fixture: Pick<RequestFixture, 'serve'>,
  changes: Partial<InteractiveDependencies> = {},
): InteractiveDependencies & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const note = (facts: object, message: string): void => {
    lines.push({ facts: { ...facts }, message });
  };
  return {
    lines,
    models: servingOnly(dilatingInference()),
    adapters: { taught: (_project, model) => Promise.resolve(model) },
    images: servedImages(fixture.serve),
    recentImages: changes.images ?? servedImages(fixture.serve),
    projects: inMemoryProjectSettings(),
    readShape: createShapeReader(),
    readPrompt: createPromptReader(),
    background: { start: () => undefined, close: () => Promise.resolve() },
    log: { info: note, warn: note },
    deadlineMs: 30_000,
    tasksAtOnce: 3,
    optionsFor: ({ defaults }, choice) => optionsFor(defaults, choice),
    policy: serverPolicy(loadConfig({})),
    onOptionProblems: logOptionProblems({ warn: note }),
    ...changes,
  };
}

export interface Prediction {
  readonly result: readonly Item[];
  readonly score: number | null;
  readonly model_version: string;
}

/** The results of a batch; null stands for `[]`. */
export async function predict(
  body: unknown,
  dependencies: PredictDependencies,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly (Prediction | null)[]> {
  const results = await predictBatch(parsePredictRequest(body), dependencies, signal);
  return results.map((result) => ('result' in result ? (result as Prediction) : null));
}

/** The one prediction of a body with one task. */
export async function predictOne(body: unknown, dependencies: PredictDependencies): Promise<Prediction> {
  const [prediction] = await predict(body, dependencies);
  if (!prediction) throw new Error('the task gave no prediction');
  return prediction;
}

export function itemOf(items: readonly Item[], matches: (item: Item) => boolean): Item {
  const item = items.find(matches);
  if (!item) throw new Error('no such result');
  return item;
}
