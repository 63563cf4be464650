import { RefinerError } from '../../errors.js';
import { createLabelStudioApi, type LabelStudioApi } from '../label-studio/api/label-studio-api.js';
import type { ApiMeans } from '../label-studio/api/send-request.js';
import { connectionOf, type LabelStudioSettings } from '../label-studio/connection.js';
import type { ImageSource, TaskImageContext } from '../label-studio/image-source.js';
import { parseLabelConfig } from '../label-studio/label-config.js';
import type { ProjectSettings } from '../label-studio/project-settings.js';
import { createShapeReader } from '../label-studio/read-shape.js';
import type { FitInput } from './fit-input.js';
import type { FitImage, FitSource } from './fit-source.js';
import { taskImages, type TaskMeans } from './label-studio-images.js';

export interface LabelStudioFitInput extends FitInput {
  /** Number of the project. */
  readonly project: string;
}

export interface LabelStudioSourceSettings {
  readonly settings: LabelStudioSettings;
  readonly means: Omit<ApiMeans, 'connection'>;
  readonly images: ImageSource;
  /** What `/setup` said of the projects. */
  readonly projects: () => Pick<ProjectSettings, 'get'>;
}

/**
 * The annotations of a Label Studio project, read over its API page by page: the newest of every annotator of a task that
 * was not skipped (protocol note, section 8.4).
 */
export function labelStudioSource(source: LabelStudioSourceSettings): FitSource<LabelStudioFitInput> {
  return {
    schema: {
      source: 'label-studio',
      description: 'Learns from the annotations of a Label Studio project, over its API.',
      required: ['project'],
      properties: {
        project: { type: 'string', pattern: '^[0-9]{1,15}$', description: 'Number of the project.' },
      },
    },
    extraParams: async ({ project }) => (await source.projects().get(project))?.extraParams,
    use: async ({ project }, work) => {
      const { api, context } = await open(project, source);
      const id = Number(project);
      return work(async function* (signal) {
        const { label_config: config, task_data_login, task_data_password } = await api.project(id, signal);
        const means: TaskMeans = {
          config: parseLabelConfig(config),
          readShape: createShapeReader(),
          load: (value, task, until) =>
            source.images.load(
              value,
              {
                ...context,
                taskId: String(task),
                login: task_data_login ?? null,
                password: task_data_password ?? null,
              },
              until,
            ),
        };
        for await (const { tasks, total } of api.listAnnotatedTasks(id, signal)) {
          const images: FitImage[] = [];
          for (const task of tasks) images.push(...(await taskImages(task, means)));
          yield { images, total: total ?? 0 };
        }
      });
    },
  };
}

interface Opened {
  readonly api: LabelStudioApi;
  readonly context: Omit<TaskImageContext, 'taskId' | 'login' | 'password'>;
}

async function open(
  project: string,
  { settings, means, projects }: LabelStudioSourceSettings,
): Promise<Opened> {
  const known = await projects().get(project);
  const context = {
    projectId: project,
    hostname: null,
    setupHostname: known?.hostname ?? null,
    accessToken: known?.accessToken ?? null,
  };
  const connection = connectionOf(settings, { ...context, taskId: '', login: null, password: null });
  if (connection === null) {
    throw new RefinerError('JOB_KIND_REFUSED', {
      expected: 'LABEL_STUDIO_URL to be set on the server, or the project to be connected to it',
    });
  }
  return { api: createLabelStudioApi({ ...means, connection }), context };
}
