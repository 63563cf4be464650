import { ERROR_ANSWER_SCHEMA } from '../v1/schema.js';
import { JOB_STATES } from './job.js';
import { MAX_DELAY_MS } from './job-limits.js';
import type { RegisteredRunner } from './job-runner.js';

export const JOB_REQUEST_SCHEMA = {
  type: 'object',
  required: ['kind', 'input'],
  additionalProperties: false,
  properties: {
    kind: { type: 'string', minLength: 1, maxLength: 100 },
    project: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      default: 'default',
      description: 'Jobs of one project run one after the other.',
    },
    input: { type: 'object', description: 'What the kind asks for.' },
    delayMs: {
      type: 'integer',
      minimum: 0,
      maximum: MAX_DELAY_MS,
      default: 0,
      description:
        'Quiet time: the job starts when so long no equal request has come, after an hour in any case.',
    },
  },
} as const;

const TIME = { type: ['string', 'null'], format: 'date-time' } as const;

export const JOB_SCHEMA = {
  type: 'object',
  required: [
    ...['id', 'kind', 'project', 'state', 'input', 'progress', 'remainingMs', 'attempts', 'cancelRequested'],
    ...['failure', 'createdAt', 'earliestAt', 'startedAt', 'finishedAt'],
  ],
  additionalProperties: false,
  properties: {
    id: { type: 'string' },
    kind: { type: 'string' },
    project: { type: 'string' },
    state: { enum: JOB_STATES },
    input: { type: 'object' },
    progress: {
      type: ['object', 'null'],
      required: ['done', 'total', 'message'],
      additionalProperties: false,
      properties: {
        done: { type: 'integer' },
        total: { type: 'integer' },
        message: { type: 'string', description: 'The piece that was finished last.' },
      },
    },
    remainingMs: { type: ['integer', 'null'], description: 'Expected time until a running job is done.' },
    attempts: { type: 'integer', description: 'Starts so far.' },
    cancelRequested: { type: 'boolean' },
    failure: {
      type: ['object', 'null'],
      required: ['code', 'message'],
      additionalProperties: false,
      properties: { code: { type: 'string' }, message: { type: 'string' } },
    },
    createdAt: { ...TIME, type: 'string' },
    earliestAt: { ...TIME, type: 'string' },
    startedAt: TIME,
    finishedAt: TIME,
    result: { description: 'Of a job that is done, when it is asked for alone.' },
  },
} as const;

export const JOB_LIST_SCHEMA = {
  type: 'object',
  required: ['jobs'],
  additionalProperties: false,
  properties: { jobs: { type: 'array', items: JOB_SCHEMA } },
} as const;

const json = (schema: object): object => ({ content: { 'application/json': { schema } } });
const refused = (description: string): object => ({ description, ...json(ERROR_ANSWER_SCHEMA) });
const job = (description: string): object => ({ description, ...json(JOB_SCHEMA) });
const REFUSALS = {
  401: refused('Credentials are missing or wrong.'),
  503: refused('Busy or shutting down; see Retry-After.'),
};
const ID = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };

/** The job addresses of the OpenAPI document. */
export function jobPaths(runners: readonly RegisteredRunner[]): object {
  const unknown = { 404: refused('There is no job of that id.'), ...REFUSALS };
  const kinds = runners.map(({ kind, inputSchema }) => ({
    properties: { kind: { const: kind }, input: inputSchema },
  }));
  return {
    '/v1/jobs': {
      post: {
        operationId: 'enqueueJob',
        summary: 'Ask for long work; an equal job that waits is joined',
        requestBody: { required: true, ...json({ ...JOB_REQUEST_SCHEMA, oneOf: kinds }) },
        responses: {
          200: job('An equal job was waiting; this is it.'),
          202: job('The job waits for its turn.'),
          400: refused('The request is malformed.'),
          403: refused('Jobs of this kind are not set up on the server.'),
          ...REFUSALS,
        },
      },
      get: {
        operationId: 'listJobs',
        summary: 'Jobs, the newest first, without their results',
        parameters: [
          { name: 'project', in: 'query', schema: { type: 'string' } },
          { name: 'state', in: 'query', schema: { enum: JOB_STATES } },
          {
            name: 'limit',
            in: 'query',
            schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
          },
        ],
        responses: {
          200: { description: 'Jobs.', ...json(JOB_LIST_SCHEMA) },
          400: refused('Malformed.'),
          ...REFUSALS,
        },
      },
    },
    '/v1/jobs/{id}': {
      parameters: [ID],
      get: {
        operationId: 'getJob',
        summary: 'One job with its result',
        responses: { 200: job('The job.'), ...unknown },
      },
      delete: {
        operationId: 'cancelJob',
        summary: 'Cancel a job; one that has ended stays as it is',
        responses: { 200: job('It has ended.'), 202: job('It was asked to stop.'), ...unknown },
      },
    },
    '/v1/jobs/{id}/events': {
      parameters: [ID],
      get: {
        operationId: 'watchJob',
        summary:
          'Server-sent events: `progress` whenever the job changes, `end` when it has ended, each with the job',
        responses: {
          200: { description: 'Events.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
          ...unknown,
        },
      },
    },
  };
}
