import { join } from 'node:path';
import type { Config } from '../../config.js';
import { createCvatClient } from '../cvat/rest/client.js';
import { cvatConnection } from '../cvat/rest/connection.js';
import type { GuardedHttp } from '../guarded-http.js';
import type { JsonParser } from '../json-parser.js';
import type { ImageSource } from '../label-studio/image-source.js';
import { openProjectSettings, PROJECTS_FILE } from '../label-studio/project-settings.js';
import { cocoSource } from './coco-source.js';
import { cvatSource } from './cvat-source.js';
import { registerSource, type RegisteredSource } from './fit-source.js';
import { folderSource } from './folder-source.js';
import { labelStudioSource } from './label-studio-source.js';

export interface SourceMeans {
  readonly json: JsonParser;
  /** For the API of Label Studio, to whose address it may go. */
  readonly http: GuardedHttp;
  /** For the images of Label Studio's tasks. */
  readonly images: ImageSource;
}

const MEBIBYTE = 1024 * 1024;

/** Everything that the server can learn from. */
export function fitSources(config: Config, { json, http, images }: SourceMeans): readonly RegisteredSource[] {
  const { dataDir, adaptersDir, labelStudioUrl, labelStudioToken, verifySsl: verifyTls } = config;
  const maxImageBytes = config.maxImageMb * MEBIBYTE;
  return [
    registerSource(folderSource({ dataDir, maxImageBytes })),
    registerSource(cocoSource({ dataDir, maxImageBytes, json })),
    registerSource(
      labelStudioSource({
        settings: { labelStudioUrl, apiKey: labelStudioToken },
        means: { http, json },
        images,
        // Opened anew each time: the server writes the file while it runs.
        projects: () => openProjectSettings(join(adaptersDir, PROJECTS_FILE)),
      }),
    ),
    registerSource(
      cvatSource(() => createCvatClient({ connection: cvatConnection(config), verifyTls, maxImageBytes })),
    ),
  ];
}
