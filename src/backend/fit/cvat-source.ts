import type { RoughShape } from '../../formats/rough-shape.js';
import type { StoredShape } from '../cvat/rest/annotations.js';
import type { CvatClient } from '../cvat/rest/client.js';
import type { CvatJob } from '../cvat/rest/resources.js';
import type { FitInput } from './fit-input.js';
import type { FitImage, FitObject, FitSource } from './fit-source.js';

export interface CvatFitInput extends FitInput {
  /** Id of the project. */
  readonly project: number;
}

/** The frames of a project's completed annotation jobs with their masks and polygons (protocol note, section 6). */
export function cvatSource(
  /** Throws CVAT_NOT_SET_UP without an address. */
  openClient: () => CvatClient,
): FitSource<CvatFitInput> {
  return {
    schema: {
      source: 'cvat',
      description: 'Learns from the completed jobs of a CVAT project.',
      required: ['project'],
      properties: {
        project: { type: 'integer', minimum: 1, maximum: 2 ** 31, description: 'Id of the project.' },
      },
    },
    require: () => openClient().close(),
    use: async ({ project }, work) => {
      const client = openClient();
      try {
        return await work(async function* (signal) {
          const filter = { project, state: 'completed', type: 'annotation' };
          const jobs = (await client.jobs(filter, signal))
            .filter(({ dimension = '2d' }) => dimension === '2d')
            .sort((a, b) => a.id - b.id);
          const total = jobs.reduce((sum, job) => sum + job.stop_frame - job.start_frame + 1, 0);
          const seen = new Set<string>();
          for (const job of jobs) {
            const images = await imagesOf(job, client, signal);
            // Jobs of a task may overlap by some frames.
            const unseen = images.filter(({ name }) => !seen.has(name));
            for (const { name } of unseen) seen.add(name);
            yield { images: unseen, total };
          }
        });
      } finally {
        await client.close();
      }
    },
  };
}

async function imagesOf(job: CvatJob, client: CvatClient, signal: AbortSignal): Promise<readonly FitImage[]> {
  const [{ shapes }, { deleted_frames: deleted }] = [
    await client.annotations(job.id, signal),
    await client.dataMeta(job.id, signal),
  ];
  const frames = new Map<number, FitObject[]>();
  for (const shape of [...shapes].sort((a, b) => a.id - b.id)) {
    const truth = deleted.includes(shape.frame) || shape.outside === true ? null : maskOf(shape);
    if (truth === null) continue;
    const objects = frames.get(shape.frame) ?? [];
    objects.push({ truth, rough: null, madeFor: null, corrected: false });
    frames.set(shape.frame, objects);
  }
  return [...frames]
    .sort(([a], [b]) => a - b)
    .map(([frame, objects]) => {
      const name = `task-${job.task_id}/${frame}`;
      return {
        name,
        side: name,
        masks: objects.length,
        load: async (until) => ({
          bytes: await client.frame(job.id, frame, until),
          // CVAT has turned the image already (protocol note, section 2.4).
          orientation: 'exif',
          objects,
        }),
      };
    });
}

/** Null for a shape that does not say what belongs to an object to the pixel, or nearly so. */
function maskOf({ type, points }: StoredShape): RoughShape | null {
  if (type === 'mask') return { kind: 'cvat-mask', points };
  return type === 'polygon' ? { kind: 'polygon', unit: 'pixel', rings: [points] } : null;
}
