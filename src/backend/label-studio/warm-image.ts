import { drawnTaskOf, type InteractiveDependencies } from './interactive-call.js';
import { openCall } from './predict-call.js';
import type { PredictRequest } from './predict-request.js';
import { promptImage } from './prompt-image.js';

/**
 * Has the image of the task that somebody has just opened encoded behind the answer, so that the first prompt finds it
 * ready. Batch work goes on before it and interactive work ahead of it; what fails is only told to the log.
 */
export function warmImage(request: PredictRequest, dependencies: InteractiveDependencies): void {
  const task = drawnTaskOf(request);
  if (request.labelConfig.trim() === '' || Object.keys(task.data).length === 0) return;
  dependencies.background.start(`image of task ${request.project}/${task.id}`, async (signal) => {
    const { config, model, images, options } = await openCall(request, dependencies);
    model.requireReady();
    const { address } = promptImage({ toName: null, page: null }, task.data, config);
    const image = await dependencies.recentImages.load(address, { ...images, taskId: task.id }, signal);
    await model.inference.refine(
      { image, orientation: 'match', shapes: [], options, lane: 'batch' },
      { deadlineMs: dependencies.deadlineMs, signal },
    );
  });
}
