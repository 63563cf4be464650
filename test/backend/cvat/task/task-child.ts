import { createCvatClient } from '../../../../src/backend/cvat/rest/client.js';
import { PACE } from '../../../../src/backend/cvat/task/task-means.js';
import { refineTask } from '../../../../src/backend/cvat/task/refine-task.js';
import { openTaskRecord } from '../../../../src/backend/cvat/task/task-record.js';
import { TASK_MODES, taskWish } from '../../../../src/backend/cvat/task/task-wish.js';
import { undoTask } from '../../../../src/backend/cvat/task/undo-task.js';
import { PRESETS } from '../../../../src/refiner/presets.js';
import { dilatingInference } from '../../label-studio/dilating-inference.js';

/** Program of the process that `kill.test.ts` kills: refines task 7, or takes back what was done; prints the report. */
const [baseUrl = '', recordFile = '', what = ''] = process.argv.slice(2);
const client = createCvatClient({
  connection: { baseUrl, headers: {} },
  verifyTls: true,
  maxImageBytes: 1e6,
});
const record = await openTaskRecord(recordFile);
const { signal } = new AbortController();
const means = {
  ...{ client, record, inference: dilatingInference(), options: PRESETS.paper, framesAtOnce: 2 },
  pace: { ...PACE, unansweredMs: 500, maxWriteFrames: 2 },
  polygon: { kind: 'polygon', minIou: 0.98, maxVertices: 1000 },
} as const;
const mode = TASK_MODES.find((name) => name === what);
const report =
  mode === undefined
    ? await undoTask({ task: 7, job: null }, means, signal)
    : await refineTask(taskWish({ task: 7, mode }), means, {
        ...{ signal, run: null, onProgress: () => Promise.resolve() },
      });
record.close();
await client.close();
process.stdout.write(JSON.stringify(report));
