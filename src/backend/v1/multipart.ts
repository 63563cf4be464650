import type { Request, Response } from 'express';
import multer from 'multer';
import { parse } from 'node:path';
import { RefinerError } from '../../errors.js';

export interface MultipartLimits {
  readonly maxFileBytes: number;
  /** Of the whole body. */
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly maxFieldBytes: number;
}

/** A multipart body: one image, mask files, and the JSON text of the `request` field. */
export interface MultipartRefine {
  readonly image: Uint8Array;
  readonly maskFiles: readonly { readonly id: string; readonly bytes: Uint8Array }[];
  readonly requestText: string | null;
}

/**
 * Reads `image`, `masks` and `request` of a multipart body into memory, within the limits. Throws BODY_TOO_LARGE or
 * BODY_INVALID.
 */
export async function readMultipart(
  req: Request,
  res: Response,
  limits: MultipartLimits,
): Promise<MultipartRefine> {
  const announced = Number(req.headers['content-length'] ?? 0);
  if (announced > limits.maxBytes) {
    throw new RefinerError('BODY_TOO_LARGE', {
      expected: `at most ${limits.maxBytes} bytes`,
      received: `${announced}`,
    });
  }
  const accept = multer({
    storage: multer.memoryStorage(),
    limits: {
      fileSize: limits.maxFileBytes,
      files: limits.maxFiles + 1,
      fieldSize: limits.maxFieldBytes,
      fields: 1,
    },
  }).fields([
    { name: 'image', maxCount: 1 },
    { name: 'masks', maxCount: limits.maxFiles },
  ]);
  await new Promise<void>((resolve, reject) => {
    accept(req, res, (error: unknown) => {
      if (error === undefined || error === null) resolve();
      else reject(asRefinerError(error, limits));
    });
  });
  const files = (req.files ?? {}) as Readonly<Record<string, readonly Express.Multer.File[] | undefined>>;
  const image = files['image']?.[0];
  if (!image)
    throw new RefinerError('BODY_INVALID', { expected: 'a file in the field "image"', received: 'none' });
  const fields = req.body as Readonly<Record<string, string | undefined>> | undefined;
  return {
    image: image.buffer,
    maskFiles: (files['masks'] ?? []).map((file) => ({
      id: parse(file.originalname).name,
      bytes: file.buffer,
    })),
    requestText: fields?.['request'] ?? null,
  };
}

function asRefinerError(error: unknown, limits: MultipartLimits): Error {
  if (!(error instanceof multer.MulterError)) {
    // busboy reports a broken body as a plain Error.
    const received = error instanceof Error ? error.message : String(error);
    return new RefinerError('BODY_INVALID', { expected: 'a multipart/form-data body', received });
  }
  if (error.code === 'LIMIT_FILE_SIZE' || error.code === 'LIMIT_FIELD_VALUE') {
    return new RefinerError('BODY_TOO_LARGE', {
      expected: `files of at most ${limits.maxFileBytes} bytes and a request of at most ${limits.maxFieldBytes}`,
      where: error.field ?? 'body',
    });
  }
  return new RefinerError('BODY_INVALID', {
    expected: 'the fields image, masks and request',
    received: `${error.message} (${error.field ?? 'unknown field'})`,
  });
}
