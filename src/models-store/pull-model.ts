import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvHttpProxyAgent } from 'undici';
import { RefinerError } from '../errors.js';
import { hashFile } from '../onnx/hash-file.js';
import type { CheckpointPackManifest } from '../onnx/pack-manifest.js';
import { download, type DownloadOptions } from './download.js';
import { inspectCheckpoint } from './inspect-checkpoint.js';
import { installCheckpoint, newPackFolder } from './install-checkpoint.js';
import type { PublishedCheckpoint } from './registry.js';
import { renameDurably } from './write-atomically.js';

export interface PullOptions extends Pick<DownloadOptions, 'signal' | 'onProgress'> {
  readonly modelsDir: string;
  readonly attempts?: number;
  readonly firstDelayMs?: number;
}

/** A connection over which nothing comes for so long is dead. */
const STALLED_MS = 30_000;

/**
 * Downloads a published checkpoint and installs it, checked before it gets its name. Proxies are those of the
 * environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY). Throws DOWNLOAD_FAILED, DOWNLOAD_DAMAGED, PACK_EXISTS and the
 * CHECKPOINT_* codes.
 */
export async function pullModel(
  published: PublishedCheckpoint,
  options: PullOptions,
): Promise<CheckpointPackManifest> {
  const { name, licence, source, url } = published;
  const folder = await newPackFolder(options.modelsDir, name);
  const path = join(folder, published.file);
  // It is there when an earlier run was stopped just before its end.
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  const arrived = isThere ? path : `${path}.part`;
  if (!isThere) await fetchTo(arrived, published, options);
  const sha256 = await requirePublished(arrived, published, options.signal);
  if (!isThere) await renameDurably(arrived, path);
  const facts = { name, family: name, licence, source: `${source}, ${url}` };
  return installCheckpoint(folder, { path, sha256 }, facts);
}

async function fetchTo(
  path: string,
  { url, bytes }: PublishedCheckpoint,
  options: PullOptions,
): Promise<void> {
  const dispatcher = new EnvHttpProxyAgent({ headersTimeout: STALLED_MS, bodyTimeout: STALLED_MS });
  try {
    await download(url, path, {
      dispatcher,
      expectedBytes: bytes,
      attempts: options.attempts ?? 6,
      firstDelayMs: options.firstDelayMs ?? 500,
      signal: options.signal,
      onProgress: options.onProgress,
    });
  } finally {
    await dispatcher.destroy();
  }
}

/** Checks a downloaded file by size, hash and content. Returns its SHA-256; a file that is wrong is removed. */
async function requirePublished(
  path: string,
  published: PublishedCheckpoint,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const { size } = await stat(path);
    if (published.bytes !== null) requireSame('bytes', String(published.bytes), String(size), published);
    const sha256 = await hashFile(path, { signal });
    if (published.sha256 !== null) requireSame('SHA-256', published.sha256, sha256, published);
    else if (published.md5 !== null) {
      requireSame('MD5', published.md5, await hashFile(path, { algorithm: 'md5', signal }), published);
    }
    const { family } = await inspectCheckpoint(path, signal);
    requireSame('the family', published.name, family, published);
    return sha256;
  } catch (error) {
    if (error instanceof RefinerError) await rm(path, { force: true });
    throw error;
  }
}

function requireSame(what: string, expected: string, received: string, { url }: PublishedCheckpoint): void {
  if (expected === received) return;
  throw new RefinerError('DOWNLOAD_DAMAGED', { where: url, expected: `${what} ${expected}`, received });
}
