import type { ImageSource, TaskImageContext } from './image-source.js';

export interface RecentImagesSettings {
  readonly maxBytes: number;
  /** How long after it was fetched an image is used again. */
  readonly keepMs: number;
  /** The clock, in milliseconds. */
  readonly nowMs?: () => number;
}

interface Kept {
  readonly bytes: Uint8Array;
  readonly until: number;
}

/**
 * An image source that has the images of the last minutes still, so that one click after the other on an image fetches
 * it once. Kept by all that says whose image it is and with which credentials it was had, so that nobody is shown what
 * they would be refused. A file that changes at its address is seen once its time is over. Images that come in the
 * request itself are not kept.
 */
export function rememberImages(images: ImageSource, settings: RecentImagesSettings): ImageSource {
  const { maxBytes, keepMs, nowMs = () => performance.now() } = settings;
  const kept = new Map<string, Kept>();
  let keptBytes = 0;

  const drop = (key: string): void => {
    keptBytes -= kept.get(key)?.bytes.byteLength ?? 0;
    kept.delete(key);
  };
  const keep = (key: string, bytes: Uint8Array): void => {
    drop(key);
    if (bytes.byteLength > maxBytes) return;
    kept.set(key, { bytes, until: nowMs() + keepMs });
    keptBytes += bytes.byteLength;
    for (const [oldest, { until }] of kept) {
      if (keptBytes <= maxBytes && until > nowMs()) break;
      drop(oldest);
    }
  };

  return {
    async load(value, context, signal) {
      if (/^data:/i.test(value)) return images.load(value, context, signal);
      const key = keyOf(value, context);
      const known = kept.get(key);
      if (known !== undefined && known.until > nowMs()) return known.bytes;
      const bytes = await images.load(value, context, signal);
      keep(key, bytes);
      return bytes;
    },
  };
}

function keyOf(value: string, context: TaskImageContext): string {
  const { taskId, projectId, hostname, setupHostname, accessToken, login, password } = context;
  return JSON.stringify([value, taskId, projectId, hostname, setupHostname, accessToken, login, password]);
}
