import sharp from 'sharp';

/**
 * Sets how this process decodes images: `threads` of libvips for one image, and no cache of operations, which would
 * keep the bytes of images that are done with. For whoever opens the process's work; the settings are the process's.
 */
export function configureImageDecoder({ threads }: { readonly threads: number }): void {
  sharp.cache(false);
  sharp.concurrency(threads);
}
