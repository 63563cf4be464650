import type { Background } from '../background.js';
import type { Deadline } from './deadline.js';
import type { ImageSource } from './image-source.js';
import { isJsonObject, textOf, type JsonObject } from './json-object.js';
import type { PredictCall, PredictDependencies } from './predict-call.js';
import type { PredictRequest } from './predict-request.js';
import type { PromptReader } from './prompt.js';
import type { PromptImage } from './prompt-image.js';

/** What answering a person who draws takes. */
export interface InteractiveDependencies extends PredictDependencies {
  readonly readPrompt: PromptReader;
  readonly background: Background;
  /** As `images`, for those who come back to the same image again and again. */
  readonly recentImages: ImageSource;
}

/** The one entry of `results`; always an object (note 4). Without `model_version` nothing was asked of a model. */
export interface InteractiveResult {
  readonly result: readonly unknown[];
  /** The lowest of its regions, 0–1; null when there are none. */
  readonly score?: number | null;
  readonly model_version?: string;
}

export const NOTHING_TO_SUGGEST: InteractiveResult = { result: [] };

/** The one task of an interactive call. */
export interface DrawnTask {
  readonly fields: JsonObject;
  /** Empty when it has none. */
  readonly id: string;
  readonly data: JsonObject;
}

/** A prompt's call on its way to the model. */
export interface InteractiveCall extends PredictCall {
  readonly task: DrawnTask;
  readonly image: PromptImage;
  readonly deadline: Deadline;
}

export function drawnTaskOf({ tasks: [task] }: PredictRequest): DrawnTask {
  const fields = isJsonObject(task) ? task : {};
  return { fields, id: textOf(fields['id']) ?? '', data: isJsonObject(fields['data']) ? fields['data'] : {} };
}
