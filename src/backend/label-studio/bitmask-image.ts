import sharp from 'sharp';

/**
 * A mask image as Label Studio's bitmask regions hold it: black, with the mask in the alpha channel. `bytes` is a grey
 * PNG, 0 or 255 (from `encodeMaskPng`). The work is done on sharp's own threads.
 */
export async function withMaskInAlpha(mask: {
  readonly kind: 'png';
  readonly bytes: Uint8Array;
}): Promise<{ readonly kind: 'png'; readonly bytes: Uint8Array }> {
  const alpha = await sharp(mask.bytes, { limitInputPixels: false })
    .extractChannel(0)
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = alpha.info;
  const bytes = await sharp({
    create: { width, height, channels: 3, background: { r: 0, g: 0, b: 0 } },
    limitInputPixels: false,
  })
    .joinChannel(alpha.data, { raw: { width, height, channels: 1 } })
    .png({ compressionLevel: 6, adaptiveFiltering: false, palette: false })
    .toBuffer();
  return { kind: 'png', bytes };
}
