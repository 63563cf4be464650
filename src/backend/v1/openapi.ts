import { fitPaths } from '../fit/adapter-paths.js';
import { JOB_SCHEMA, jobPaths } from '../jobs/job-schema.js';
import type { RegisteredRunner } from '../jobs/job-runner.js';
import {
  ERROR_ANSWER_SCHEMA,
  MULTIPART_REQUEST_SCHEMA,
  REFINE_ANSWER_SCHEMA,
  REFINE_REQUEST_SCHEMA,
} from './schema.js';

const errorAnswer = (description: string): object => ({
  description,
  content: { 'application/json': { schema: ERROR_ANSWER_SCHEMA } },
});

/** The OpenAPI 3.1 document of our own endpoints, served at `/v1/openapi.json`. */
export function openApiDocument(version: string, runners: readonly RegisteredRunner[]): object {
  const fitInput = runners.find(({ kind }) => kind === 'fit')?.inputSchema ?? {};
  return {
    openapi: '3.1.0',
    info: {
      title: 'SAMRefiner',
      version,
      description:
        'Refines rough masks on an image and segments what is pointed at. Coordinates are pixels; (0, 0) is the image’s top-left corner.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: {
      '/v1/refine': {
        post: {
          operationId: 'refine',
          summary: 'Refine rough masks of one image, or segment what is pointed at',
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: REFINE_REQUEST_SCHEMA },
              'multipart/form-data': {
                schema: {
                  type: 'object',
                  required: ['image'],
                  properties: {
                    image: { type: 'string', contentMediaType: 'application/octet-stream' },
                    masks: {
                      type: 'array',
                      description: 'Mask images; each file’s name becomes the id.',
                      items: { type: 'string', contentMediaType: 'application/octet-stream' },
                    },
                    request: MULTIPART_REQUEST_SCHEMA,
                  },
                },
                encoding: { request: { contentType: 'application/json' } },
              },
            },
          },
          responses: {
            200: {
              description: 'A verdict and a mask for every rough mask and prompt, in order.',
              content: { 'application/json': { schema: REFINE_ANSWER_SCHEMA } },
            },
            400: errorAnswer(
              'The request is malformed, names a model that is not served, or its image address may not be contacted.',
            ),
            401: errorAnswer('Credentials are missing or wrong.'),
            413: errorAnswer('The body or the image is too large.'),
            422: errorAnswer('The image cannot be decoded.'),
            424: errorAnswer('The image could not be fetched.'),
            500: errorAnswer('The model was refused, or something went wrong; the log says what.'),
            503: errorAnswer('Busy, loading the model or shutting down; see Retry-After.'),
          },
        },
      },
      ...jobPaths(runners),
      ...fitPaths(fitInput, JOB_SCHEMA),
    },
  };
}
