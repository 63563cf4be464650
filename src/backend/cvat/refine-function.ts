import type { RequestHandler } from 'express';
import { configuredOptions } from '../configured-options.js';
import { sendJson } from '../json-response.js';
import { requestSignal } from '../request-signal.js';
import type { Services } from '../services.js';
import { compileSchema } from '../validate.js';
import { decodeBase64Image } from './base64-image.js';
import { REFINE_CALL_SCHEMA, refineAnswer, type RefineCall, shapeRequests } from './refine-call.js';

const MEBIBYTE = 1024 * 1024;
/** The proxy before CVAT gives up after 60 s (protocol note, section 2.4). */
const LONGEST_DEADLINE_MS = 55_000;

/** `samrefiner-refine`, called with a JSON body (already parsed into `req.body`). */
export function refineFunction(services: Services): RequestHandler {
  const { config, models, adapters } = services;
  const check = compileSchema<RefineCall>(REFINE_CALL_SCHEMA);
  const deadlineMs = Math.min(config.predictDeadlineMs, LONGEST_DEADLINE_MS);
  const polygon = {
    kind: 'polygon',
    minIou: config.polygonMinIou,
    maxVertices: config.polygonMaxVertices,
  } as const;
  return async (req, res) => {
    const signal = requestSignal(req, res, deadlineMs);
    const call = check(req.body);
    const shapes = shapeRequests(call, polygon);
    if (shapes.length === 0) {
      await sendJson(res, refineAnswer(call, []));
      return;
    }
    const model = await (config.cvatAdapter === null
      ? models.default
      : adapters.taught(config.cvatAdapter, models.default));
    const refined = await model.inference.refine(
      {
        image: await decodeBase64Image(call.image, config.maxImageMb * MEBIBYTE),
        // CVAT has turned the image already and removed the tag (protocol note, section 2.4).
        orientation: 'exif',
        shapes,
        options: configuredOptions(config, model),
        lane: 'interactive',
      },
      { deadlineMs, signal },
    );
    await sendJson(res, refineAnswer(call, refined.outcomes));
  };
}
