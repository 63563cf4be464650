import { RefinerError } from '../../errors.js';
import { isJsonObject } from '../label-studio/json-object.js';

/** What `POST /v1/fit` takes beside the input of the job. */
export const NAME_SCHEMA = {
  type: 'string',
  maxLength: 64,
  description: 'Name to keep what is learned under; by default label-studio-<id> or cvat-<id>.',
} as const;

/** A body of `POST /v1/fit` as project and input of the job. Throws BODY_INVALID. */
export function fitRequestOf(body: unknown): { readonly project: string; readonly input: object } {
  if (!isJsonObject(body)) throw new RefinerError('BODY_INVALID', { expected: 'an object' });
  const { name, ...input } = body;
  const { source, project } = input;
  if (name !== undefined && typeof name !== 'string') {
    throw new RefinerError('BODY_INVALID', { where: '/name', expected: 'a text' });
  }
  if (name !== undefined) return { project: name, input };
  const known = source === 'label-studio' || source === 'cvat';
  if (known && (typeof project === 'string' || typeof project === 'number')) {
    return { project: `${source}-${project}`, input };
  }
  throw new RefinerError('BODY_INVALID', {
    where: '/name',
    expected: 'a name to keep what is learned under',
    received: 'none',
  });
}
