import type { Config } from '../config.js';
import { createImageFetcher, type ImageFetcher } from './fetch-image.js';
import { createImageSource, type ImageSource } from './label-studio/image-source.js';
import type { Log } from './log.js';

const MEBIBYTE = 1024 * 1024;

/** Fetches as the settings allow. Label Studio itself usually stands in a private network; naming it allows it. */
export function configuredFetcher(config: Config): ImageFetcher {
  const { allowedOrigins: named, labelStudioUrl } = config;
  return createImageFetcher({
    maxBytes: config.maxImageMb * MEBIBYTE,
    timeoutMs: config.fetchTimeoutMs,
    allowedOrigins: labelStudioUrl === null ? named : [...named, new URL(labelStudioUrl).origin],
    verifyTls: config.verifySsl,
  });
}

/** The images of the tasks of the Label Studio that the settings name. */
export function configuredImageSource(config: Config, fetcher: ImageFetcher, log: Log): ImageSource {
  const { labelStudioUrl, labelStudioToken: apiKey, localFilesRoot } = config;
  return createImageSource({ labelStudioUrl, apiKey, localFilesRoot }, fetcher, log);
}
