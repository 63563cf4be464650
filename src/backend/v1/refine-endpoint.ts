import type { Request, RequestHandler, Response } from 'express';
import type { Config } from '../../config.js';
import { RefinerError } from '../../errors.js';
import { optionsFor } from '../../onnx/options-for.js';
import type { PackDefaults } from '../../onnx/pack-manifest.js';
import { sendJson } from '../json-response.js';
import type { ServedModel } from '../models.js';
import { requestSignal } from '../request-signal.js';
import type { Services } from '../services.js';
import { compileSchema } from '../validate.js';
import { type MultipartLimits, type MultipartRefine, readMultipart } from './multipart.js';
import { toAnswerBody } from './refine-answer.js';
import { type MaskEntry, type RefineBody, type RequestDefaults, toRefineRequest } from './refine-request.js';
import { MULTIPART_REQUEST_SCHEMA, REFINE_REQUEST_SCHEMA } from './schema.js';

const MEBIBYTE = 1024 * 1024;
const MAX_MASK_FILES = 500;

type MultipartBody = Omit<RefineBody, 'image' | 'masks'> & { readonly masks?: readonly MaskEntry[] };

/** `POST /v1/refine` with a JSON body (already parsed into `req.body`). */
export function refineJson(services: Services): RequestHandler {
  const check = compileSchema<RefineBody>(REFINE_REQUEST_SCHEMA);
  return async (req, res) => {
    const signal = requestSignal(req, res, services.config.predictDeadlineMs);
    const body = check(req.body);
    const model = await modelFor(services, body);
    const image = await services.fetcher.fetch(body.image, { signal });
    await answer(services, model, res, body, image, signal);
  };
}

/** `POST /v1/refine` with a multipart body: the image, mask files and options. */
export function refineMultipart(services: Services): RequestHandler {
  const check = compileSchema<MultipartBody>(MULTIPART_REQUEST_SCHEMA);
  const { maxImageMb, maxBodyMb } = services.config;
  const limits: MultipartLimits = {
    maxFileBytes: maxImageMb * MEBIBYTE,
    maxBytes: Math.max(maxImageMb, maxBodyMb) * MEBIBYTE,
    maxFiles: MAX_MASK_FILES,
    maxFieldBytes: maxBodyMb * MEBIBYTE,
  };
  return async (req: Request, res: Response) => {
    const signal = requestSignal(req, res, services.config.predictDeadlineMs);
    const multipart = await readMultipart(req, res, limits);
    const options = check(await parsedRequest(services, multipart, signal));
    const masks = [...(options.masks ?? []), ...multipart.maskFiles];
    if (masks.length === 0) {
      throw new RefinerError('BODY_INVALID', {
        expected: 'files in the field "masks", or masks in "request"',
        received: 'none',
      });
    }
    const model = await modelFor(services, options);
    await answer(services, model, res, { ...options, masks }, multipart.image, signal);
  };
}

function parsedRequest(
  services: Services,
  multipart: MultipartRefine,
  signal: AbortSignal,
): Promise<unknown> {
  return services.json.parse(Buffer.from(multipart.requestText ?? '{}'), signal);
}

/** Throws PACK_UNKNOWN for a name that is not served, ADAPTER_UNKNOWN for a project without a usable adapter. */
async function modelFor(
  { models, adapters }: Services,
  { options }: Pick<RefineBody, 'options'>,
): Promise<ServedModel> {
  const model = options?.model === undefined ? models.default : models.get(options.model);
  if (options?.adapter === undefined) return model;
  const taught = await adapters.taught(options.adapter, model);
  if (taught !== model) return taught;
  throw new RefinerError('ADAPTER_UNKNOWN', {
    expected: `a project with an adapter for ${model.name}`,
    received: options.adapter,
  });
}

async function answer(
  { config }: Services,
  { inference, defaults }: ServedModel,
  res: Response,
  body: Parameters<typeof toRefineRequest>[0],
  image: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const request = toRefineRequest(body, image, requestDefaults(config, defaults));
  const refined = await inference.refine(request, {
    deadlineMs: config.predictDeadlineMs,
    signal,
  });
  const ids = body.masks.map((mask) => mask.id ?? null);
  await sendJson(res, toAnswerBody(refined, ids, inference.modelVersion));
}

function requestDefaults(config: Config, defaults: PackDefaults): RequestDefaults {
  return {
    optionsFor: (chosen) => optionsFor(defaults, { ...config, ...chosen }),
    polygonMinIou: config.polygonMinIou,
    polygonMaxVertices: config.polygonMaxVertices,
  };
}
