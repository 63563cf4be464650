import { RefinerError } from '../../errors.js';
import { abortable } from '../abortable.js';
import { answerPrompt } from './answer-prompt.js';
import { startDeadline } from './deadline.js';
import {
  drawnTaskOf,
  NOTHING_TO_SUGGEST,
  type InteractiveCall,
  type InteractiveDependencies,
  type InteractiveResult,
} from './interactive-call.js';
import type { JsonObject } from './json-object.js';
import { chooseForProject, hintsOf, openCall } from './predict-call.js';
import type { PredictRequest } from './predict-request.js';
import type { Prompt } from './prompt.js';
import { promptImage } from './prompt-image.js';
import { answerBarePrompt, capabilities } from './prompt-layer.js';
import { warmImage } from './warm-image.js';

/**
 * Answers what a person draws with a smart tool (protocol note section 4). A context without a prompt and an event that
 * asks for nothing have the image warmed. An image that cannot be had is told to the log and gives no suggestion: Label
 * Studio would show neither an error.
 *
 * Throws BODY_INVALID for an unusable configuration, SHAPE_INVALID for an unusable prompt, what `Inference.refine` throws
 * of the server itself (QUEUE_FULL, NOT_READY, …), DEADLINE_EXCEEDED, or the signal's reason.
 */
export async function predictInteractive(
  request: PredictRequest,
  context: JsonObject,
  dependencies: InteractiveDependencies,
  signal: AbortSignal,
): Promise<InteractiveResult> {
  const { event } = context;
  if (typeof event === 'string') return answerEvent(event, request, dependencies);
  const prompt = dependencies.readPrompt(context);
  if (prompt === null) {
    warmImage(request, dependencies);
    return NOTHING_TO_SUGGEST;
  }
  return answerDrawing(prompt, request, dependencies, signal);
}

async function answerEvent(
  event: string,
  request: PredictRequest,
  dependencies: InteractiveDependencies,
): Promise<InteractiveResult> {
  if (event !== 'release') warmImage(request, dependencies);
  if (event !== 'capabilities') return NOTHING_TO_SUGGEST;
  const config = hintsOf(request.labelConfig);
  const { modelVersion } = await chooseForProject(request.project, config, dependencies);
  return capabilities(modelVersion);
}

async function answerDrawing(
  prompt: Prompt,
  request: PredictRequest,
  dependencies: InteractiveDependencies,
  signal: AbortSignal,
): Promise<InteractiveResult> {
  const task = drawnTaskOf(request);
  const deadline = startDeadline(dependencies.deadlineMs, signal);
  try {
    const opened = await openCall(request, dependencies);
    const image = promptImage(prompt, task.data, opened.config);
    const call: InteractiveCall = { ...opened, task, image, deadline };
    const answer = prompt.fromName === null ? answerBarePrompt : answerPrompt;
    return await abortable(answer(prompt, call, dependencies), deadline.signal);
  } catch (error) {
    if (!(error instanceof RefinerError) || !error.code.startsWith('IMAGE_')) throw error;
    dependencies.log.warn({ task: task.id, project: request.project, err: error }, 'prompt not answered');
    return NOTHING_TO_SUGGEST;
  } finally {
    deadline.close();
  }
}
