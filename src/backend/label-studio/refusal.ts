import { RefinerError } from '../../errors.js';
import type { Connection } from './connection.js';
import type { ImageAddress } from './image-address.js';
import type { TaskImageContext } from './task-image-context.js';
import { tokenKind } from './token.js';

const KIND_NAMES = {
  legacy: 'a legacy token',
  personal: 'a personal access token',
  access: 'an access token',
};

const KEY_PLACES = { environment: 'LABEL_STUDIO_API_KEY', command: '--token', request: '/setup' };

/**
 * Says what can be done when an image's host refuses us, or is Label Studio's and refused; other errors come back as they
 * are. Names the host, the kind of credentials and the remedy, never the credentials: their refusal is the most common
 * complaint of all.
 */
export function explainRefusal(
  error: unknown,
  connection: Connection | null,
  image: Pick<ImageAddress, 'kind'>,
  context: Pick<TaskImageContext, 'login' | 'password'>,
): unknown {
  if (!(error instanceof RefinerError)) return error;
  const { where = '' } = error.facts;
  if (error.code === 'IMAGE_UNAUTHORIZED') {
    const isOwn = connection !== null && where.startsWith(connection.origin);
    const { used, expected } = isOwn
      ? { used: nameOfKey(connection), expected: remedy(connection) }
      : refusedElsewhere(image, context);
    const received = `${error.facts.received ?? 'a refusal'} with ${used}`;
    return new RefinerError(error.code, { where, expected, received }, { cause: error });
  }
  if (connection === null) return error;
  const isOwnHost = where === new URL(connection.origin).hostname.replace(/^\[|\]$/g, '');
  if (error.code === 'IMAGE_ADDRESS_REFUSED' && isOwnHost && connection.saidBy === 'request') {
    const expected =
      'LABEL_STUDIO_URL set to the address at which this server reaches Label Studio: ' +
      'addresses in a private network are not taken from requests';
    return new RefinerError(error.code, { ...error.facts, expected }, { cause: error });
  }
  return error;
}

/** A store to which Label Studio sent us on, or the image host that a task names. */
function refusedElsewhere(
  image: Pick<ImageAddress, 'kind'>,
  { login, password }: Pick<TaskImageContext, 'login' | 'password'>,
): { readonly used: string; readonly expected: string } {
  if (image.kind !== 'web') {
    return {
      used: 'the address that Label Studio gave',
      expected: 'a storage connection in Label Studio whose credentials are valid and may read this file',
    };
  }
  return {
    used: login === null && password === null ? 'no credentials' : 'the task credentials of the project',
    expected:
      'an image host that asks for no credentials, or its login and password as the task credentials of the project; ' +
      'tokens of Label Studio go to Label Studio only',
  };
}

function nameOfKey({ key }: Connection): string {
  if (key === null) return 'no token';
  return `${KIND_NAMES[tokenKind(key.value)]} from ${KEY_PLACES[key.saidBy]}`;
}

function remedy({ key, keyWithheld }: Connection): string {
  if (keyWithheld) {
    return 'LABEL_STUDIO_URL set beside LABEL_STUDIO_API_KEY: the key is not sent to hosts that requests name';
  }
  if (key === null) return 'a token in LABEL_STUDIO_API_KEY';
  if (tokenKind(key.value) === 'personal') {
    return 'a personal access token of this Label Studio, neither expired nor revoked, in LABEL_STUDIO_API_KEY';
  }
  return (
    'a valid token in LABEL_STUDIO_API_KEY; where legacy tokens are switched off for the organisation, ' +
    'a personal access token'
  );
}
