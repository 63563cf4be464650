import { predictInteractive } from '../../../src/backend/label-studio/predict-interactive.js';
import type {
  InteractiveDependencies,
  InteractiveResult,
} from '../../../src/backend/label-studio/interactive-call.js';
import { parsePredictRequest } from '../../../src/backend/label-studio/predict-request.js';
import type { RefineRequest } from '../../../src/onnx/inference.js';
import { servingOnly } from '../serving-only.js';
import * as batch from './batch-fixtures.js';
import { dilatingInference } from './dilating-inference.js';

/** Everything that is needed to ask about one drawing, and what was asked of the model. */
export interface Drawing {
  readonly fixture: DrawingFixture;
  readonly dependencies: InteractiveDependencies & { readonly lines: batch.LogLine[] };
  readonly requests: readonly RefineRequest[];
  readonly ask: () => Promise<InteractiveResult>;
  /** The results of the answer. */
  readonly suggested: () => Promise<readonly batch.Item[]>;
}

export interface DrawingTask extends batch.Task {
  readonly drafts: {
    id: number;
    annotation?: number | null;
    updated_at?: string;
    created_at?: string;
    result: batch.Item[];
  }[];
}

export interface DrawingFacts {
  readonly hit?: { readonly source: string; readonly id: string; readonly label: string };
  readonly inside?: readonly { readonly id: string }[];
  readonly points?: readonly (readonly [number, number, number])[];
  readonly box_px?: readonly [number, number, number, number];
  readonly newest?: string;
}

export interface DrawingFixture {
  readonly body: {
    tasks: [DrawingTask];
    label_config: string;
    project: string;
    params: { context: { result: batch.Item[]; [key: string]: unknown } };
  };
  readonly serve?: Readonly<Record<string, string>>;
  readonly facts: DrawingFacts;
}

/** A fresh copy of the request `predict-<name>` each time, so that a test may change it. */
export function drawing(name: string, changes: Partial<InteractiveDependencies> = {}): Drawing {
  const fixture = batch.requestFixture(`predict-${name}`) as unknown as DrawingFixture;
  const inference = dilatingInference();
  const dependencies = batch.dependenciesFor(fixture, { models: servingOnly(inference), ...changes });
  const ask = (): Promise<InteractiveResult> => {
    const request = parsePredictRequest(fixture.body);
    return predictInteractive(request, request.context ?? {}, dependencies, new AbortController().signal);
  };
  return {
    fixture,
    dependencies,
    requests: inference.requests,
    ask,
    suggested: async () => (await ask()).result as readonly batch.Item[],
  };
}

/** The regions of all sets of the task, by id. */
export function regionOf({ fixture }: Drawing, id: string): batch.Item {
  const { drafts, annotations, predictions } = fixture.body.tasks[0];
  const items = [...drafts, ...annotations, ...predictions].flatMap(({ result }) => result);
  return batch.itemOf(items, (item) => item.id === id);
}

export function context({ fixture }: Drawing): DrawingFixture['body']['params']['context'] {
  return fixture.body.params.context;
}

/** A positive click, in percent, as the unlabelled tool makes it. */
export function click(x: number, y: number, more: Partial<batch.Item> = {}): batch.Item {
  return {
    id: `click-${x}-${y}`,
    type: 'keypoint',
    from_name: 'refine',
    to_name: 'image',
    original_width: 160,
    original_height: 120,
    image_rotation: 0,
    value: { x, y, width: 0.6, labels: [] },
    is_positive: true,
    origin: 'manual',
    ...more,
  };
}
