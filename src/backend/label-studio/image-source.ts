import { RefinerError } from '../../errors.js';
import type { ImageFetcher } from '../fetch-image.js';
import { basicAuthorization, parseHttpUrl } from '../guarded-fetch.js';
import type { Headers } from '../guarded-http.js';
import { createAuthorizedFetch, type AuthorizedFetch } from './authorized-fetch.js';
import { connectionOf, type Connection, type LabelStudioSettings } from './connection.js';
import { imageAddress, labelStudioPath, type ImageAddress } from './image-address.js';
import { labelStudioCandidates } from './image-candidates.js';
import { readLocalFile } from './local-file.js';
import { explainRefusal } from './refusal.js';
import type { TaskImageContext } from './task-image-context.js';

export type { TaskImageContext } from './task-image-context.js';

export interface ImageSourceSettings extends LabelStudioSettings {
  /** LOCAL_FILES_DOCUMENT_ROOT: files that tasks name by `/data/local-files/?d=…` are read from here. */
  readonly localFilesRoot: string | null;
  /** The clock, in milliseconds since 1970; tokens end by it. */
  readonly nowMs?: () => number;
}

/** What is written when Label Studio refuses us; pino's logger fits. */
export interface ImageLog {
  warn(facts: object, message: string): void;
}

export interface ImageSource {
  /**
   * The bytes of an image as a task names it. Rejects with the IMAGE_* codes (IMAGE_URL_INVALID for a form that cannot be
   * used, or a path when no Label Studio is known) or the signal's reason.
   */
  load(value: string, context: TaskImageContext, signal: AbortSignal): Promise<Uint8Array>;
}

/**
 * Images of Label Studio tasks, in every form in which a task can name one (protocol note section 8.1). The fetcher must
 * allow the origin of `labelStudioUrl`; whatever else requests name is public or refused.
 */
export function createImageSource(
  settings: ImageSourceSettings,
  fetcher: ImageFetcher,
  log: ImageLog,
): ImageSource {
  const fetch = createAuthorizedFetch(fetcher, settings.nowMs ?? Date.now);
  return {
    async load(value, context, signal) {
      const connection = connectionOf(settings, context);
      const image = withoutAlias(imageAddress(value), connection);
      try {
        if (image.kind === 'local' && settings.localFilesRoot !== null) {
          const file = await readLocalFile(settings.localFilesRoot, image.query, fetcher.maxBytes, signal);
          if (file !== null) return file;
        }
        return await fetchImage(image, { fetch, fetcher, connection, context, signal });
      } catch (error) {
        const explained = explainRefusal(error, connection, image, context);
        if (explained !== error && explained instanceof RefinerError) {
          const { where, expected, received } = explained.facts;
          log.warn(
            { code: explained.code, taskId: context.taskId, where, received, expected },
            explained.message,
          );
        }
        throw explained;
      }
    },
  };
}

interface Means {
  readonly fetch: AuthorizedFetch;
  readonly fetcher: ImageFetcher;
  readonly connection: Connection | null;
  readonly context: TaskImageContext;
  readonly signal: AbortSignal;
}

async function fetchImage(image: ImageAddress, means: Means): Promise<Uint8Array> {
  const { fetch, fetcher, connection, context, signal } = means;
  if (image.kind === 'data') return fetcher.fetch(image.uri, { signal });
  if (image.kind === 'web') {
    const { origin } = parseHttpUrl(image.url);
    const headers = origin === connection?.origin ? {} : taskDataCredentials(context);
    return fetch(image.url, { connection, headers, signal });
  }
  if (image.kind === 'unusable') {
    const expected = 'a data or http(s) address, a storage address or a path of Label Studio';
    throw new RefinerError('IMAGE_URL_INVALID', { where: 'the task', expected, received: 'another form' });
  }
  if (connection === null) {
    const expected = 'LABEL_STUDIO_URL to be set, because the image is named by its place in Label Studio';
    throw new RefinerError('IMAGE_URL_INVALID', { where: 'the task', expected });
  }
  return firstOf(labelStudioCandidates(image, connection, context), (address) =>
    fetch(address, { connection, signal }),
  );
}

/** An address under another name of the configured Label Studio is that Label Studio's path; its own folder is cut off. */
function withoutAlias(image: ImageAddress, connection: Connection | null): ImageAddress {
  if (connection === null) return image;
  if (image.kind === 'web') {
    if (!URL.canParse(image.url)) return image;
    const { origin, pathname, search } = new URL(image.url);
    if (origin !== connection.origin) {
      return connection.aliases.includes(origin) ? labelStudioPath(pathname + search) : image;
    }
    // Its local files may lie on this machine too.
    const own = withoutAlias({ kind: 'path', path: pathname + search }, connection);
    return own.kind === 'local' ? own : image;
  }
  const folder = connection.baseUrl.slice(connection.origin.length);
  const isBelow = image.kind === 'path' && image.path.startsWith(`${folder}/`);
  return isBelow ? labelStudioPath(image.path.slice(folder.length)) : image;
}

function taskDataCredentials({ login, password }: TaskImageContext): Headers {
  return login === null && password === null ? {} : basicAuthorization(login ?? '', password ?? '');
}

/** The first address that has the image. When none has, a refusal tells more than a missing file. */
async function firstOf(
  addresses: readonly string[],
  fetch: (address: string) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const failures: unknown[] = [];
  for (const address of addresses) {
    try {
      return await fetch(address);
    } catch (error) {
      if (!isHttpFailure(error)) throw error;
      failures.push(error);
    }
  }
  throw (
    failures.find((error) => error instanceof RefinerError && error.code === 'IMAGE_UNAUTHORIZED') ??
    failures.at(-1)
  );
}

function isHttpFailure(error: unknown): boolean {
  return (
    error instanceof RefinerError &&
    ['IMAGE_NOT_FOUND', 'IMAGE_UNAUTHORIZED', 'IMAGE_FETCH_FAILED'].includes(error.code)
  );
}
