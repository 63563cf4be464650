import { ERROR_ANSWER_SCHEMA } from '../v1/schema.js';
import { NAME_SCHEMA } from './fit-body.js';

export const ROLLBACK_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    version: {
      type: 'integer',
      minimum: 1,
      description: 'The version to take into use; without it the one before.',
    },
  },
} as const;

const CURRENT = { type: ['integer', 'null'], description: 'The version in use; null for none.' } as const;
const FRACTION = { type: 'number' } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;
const CHOICE = {
  type: 'object',
  required: ['top1Accuracy', 'meanIou'],
  additionalProperties: false,
  properties: { top1Accuracy: FRACTION, meanIou: FRACTION },
} as const;

/** What the choice among candidates was worth on held-out images. */
export const FIGURES_SCHEMA = {
  type: 'object',
  required: ['examples', 'images', 'changed', 'before', 'after', 'bestMeanIou', 'gainInterval'],
  additionalProperties: false,
  properties: {
    examples: COUNT,
    images: COUNT,
    changed: COUNT,
    before: CHOICE,
    after: CHOICE,
    bestMeanIou: FRACTION,
    gainInterval: {
      type: 'object',
      required: ['low', 'high'],
      additionalProperties: false,
      properties: { low: FRACTION, high: FRACTION },
    },
  },
} as const;

export const PROJECTS_SCHEMA = {
  type: 'object',
  required: ['projects'],
  additionalProperties: false,
  properties: {
    projects: {
      type: 'array',
      items: {
        type: 'object',
        required: ['project', 'current'],
        additionalProperties: false,
        properties: { project: { type: 'string' }, current: CURRENT },
      },
    },
  },
} as const;

export const PROJECT_SCHEMA = {
  type: 'object',
  required: ['project', 'current', 'versions'],
  additionalProperties: false,
  properties: {
    project: { type: 'string' },
    current: CURRENT,
    versions: {
      type: 'array',
      description: 'Oldest first.',
      items: {
        type: 'object',
        required: ['version', 'inUse', 'problem'],
        additionalProperties: false,
        properties: {
          version: COUNT,
          inUse: { type: 'boolean' },
          problem: { type: ['string', 'null'], description: 'Why it cannot be used.' },
          model: { type: 'string' },
          data: {
            type: 'object',
            required: ['prompt', 'images', 'examples', 'corrected'],
            properties: {
              prompt: { type: 'string' },
              images: COUNT,
              examples: COUNT,
              corrected: COUNT,
            },
          },
          figures: FIGURES_SCHEMA,
          parent: { type: ['integer', 'null'], description: 'The version in use before it.' },
        },
      },
    },
  },
} as const;

export const CURRENT_SCHEMA = {
  type: 'object',
  required: ['project', 'current'],
  additionalProperties: false,
  properties: { project: { type: 'string' }, current: CURRENT },
} as const;

const json = (schema: object): object => ({ content: { 'application/json': { schema } } });
const answer = (description: string, schema: object): object => ({ description, ...json(schema) });
const refused = (description: string): object => answer(description, ERROR_ANSWER_SCHEMA);
const REFUSALS = {
  400: refused('The name, or the request, cannot be one; or there is no such version.'),
  401: refused('Credentials are missing or wrong.'),
  422: refused('The adapter is damaged.'),
  503: refused('Busy or shutting down; see Retry-After.'),
};
const PROJECT = { name: 'project', in: 'path', required: true, schema: { type: 'string' } };
const ANY_FILE = { description: 'A file as `export` writes it.', type: 'object' };

/** The same schema, or each of its forms, with a name beside. */
function withName(schema: object): object {
  if ('oneOf' in schema && Array.isArray(schema.oneOf)) {
    return { oneOf: schema.oneOf.map((form: object) => withName(form)) };
  }
  const properties = 'properties' in schema ? schema.properties : {};
  return { ...schema, properties: { ...(properties as object), name: NAME_SCHEMA } };
}

/** The addresses of adapters in the OpenAPI document, and that of asking for one. */
export function fitPaths(fitInput: object, jobSchema: object): object {
  const body = withName(fitInput);
  return {
    '/v1/fit': {
      post: {
        operationId: 'fit',
        summary: 'Learn from the masks of a project: a job of kind `fit`',
        requestBody: { required: true, ...json(body) },
        responses: {
          200: answer('An equal job was waiting; this is it.', jobSchema),
          202: answer('The job waits for its turn.', jobSchema),
          ...REFUSALS,
          403: refused('Such projects are not set up on the server.'),
        },
      },
    },
    '/v1/adapters': {
      get: {
        operationId: 'listAdapterProjects',
        summary: 'Projects with adapters',
        responses: { 200: answer('Projects.', PROJECTS_SCHEMA), ...REFUSALS },
      },
    },
    '/v1/adapters/{project}': {
      parameters: [PROJECT],
      get: {
        operationId: 'listAdapters',
        summary: 'The versions of a project with their figures',
        responses: { 200: answer('Versions.', PROJECT_SCHEMA), ...REFUSALS },
      },
    },
    '/v1/adapters/{project}/rollback': {
      parameters: [PROJECT],
      post: {
        operationId: 'rollBackAdapter',
        summary: 'Take an earlier version into use',
        requestBody: { required: true, ...json(ROLLBACK_SCHEMA) },
        responses: { 200: answer('The version now in use.', CURRENT_SCHEMA), ...REFUSALS },
      },
    },
    '/v1/adapters/{project}/export': {
      parameters: [
        PROJECT,
        { name: 'version', in: 'query', description: 'The one in use unless given.', schema: COUNT },
      ],
      get: {
        operationId: 'exportAdapter',
        summary: 'A version as a file',
        responses: { 200: answer('The file.', ANY_FILE), ...REFUSALS },
      },
    },
    '/v1/adapters/{project}/import': {
      parameters: [PROJECT],
      post: {
        operationId: 'importAdapter',
        summary: 'Keep an exported file as the next version and take it into use',
        requestBody: { required: true, ...json(ANY_FILE) },
        responses: {
          201: answer('The version now in use.', CURRENT_SCHEMA),
          ...REFUSALS,
          409: refused('It was learned with a model that is not served.'),
        },
      },
    },
  };
}
