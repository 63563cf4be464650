import { RefinerError } from '../../errors.js';
import {
  NOTHING_TO_SUGGEST,
  type InteractiveCall,
  type InteractiveDependencies,
  type InteractiveResult,
} from './interactive-call.js';
import type { Prompt } from './prompt.js';
import { promptGuidance } from './prompt-guidance.js';
import { noteOfNew } from './region-note.js';

/** What the prompt layer may be used for: every kind of prompt and control that it has for images (note 4.4). */
export function capabilities(modelVersion: string): InteractiveResult {
  const value = {
    prompts: ['point', 'box'],
    targets: [
      { tag: 'BitmaskLabels', output: 'mask' },
      { tag: 'PolygonLabels', output: 'polygon' },
      { tag: 'RectangleLabels', output: 'bbox' },
    ],
    model_info: { name: 'samrefiner', version: modelVersion },
  };
  return { result: [{ type: 'capabilities', value }] };
}

/**
 * Answers the bare prompts of the prompt layer, which name neither control nor region: always a new mask, as a PNG of the
 * image's size whose red channel is the mask; grey is as much red. Throws as `answerPrompt`.
 */
export async function answerBarePrompt(
  prompt: Prompt,
  call: InteractiveCall,
  { recentImages, log }: InteractiveDependencies,
): Promise<InteractiveResult> {
  if (prompt.kind === 'region') {
    throw new RefinerError('SHAPE_INVALID', { where: 'the context', expected: 'points or a box' });
  }
  const { model, deadline, task } = call;
  model.requireReady();
  const image = await recentImages.load(
    call.image.address,
    { ...call.images, taskId: task.id },
    deadline.signal,
  );
  const shape = {
    shape: null,
    guidance: promptGuidance(prompt),
    semantic: false,
    output: { kind: 'png' },
    madeFor: null,
  } as const;
  const { outcomes } = await model.inference.refine(
    { image, orientation: 'match', shapes: [shape], options: call.options, lane: 'interactive' },
    { deadlineMs: deadline.remainingMs(), signal: deadline.signal },
  );
  const [outcome] = outcomes;
  if (outcome?.status !== 'refined' || outcome.shape.kind !== 'png') {
    log.info({ task: task.id, outcome: outcome?.status }, 'nothing found at the prompt');
    return NOTHING_TO_SUGGEST;
  }
  const imageDataURL = `data:image/png;base64,${Buffer.from(outcome.shape.bytes).toString('base64')}`;
  return {
    result: [{ type: 'bitmasklabels', value: { imageDataURL } }],
    score: noteOfNew(outcome.figures).score,
    model_version: call.modelVersion,
  };
}
