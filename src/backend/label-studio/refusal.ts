import { RefinerError } from '../../errors.js';
import type { Connection } from './connection.js';
import { tokenKind } from './token.js';

const KIND_NAMES = {
  legacy: 'a legacy token',
  personal: 'a personal access token',
  access: 'an access token',
};

const KEY_PLACES = { environment: 'LABEL_STUDIO_API_KEY', command: '--token', request: '/setup' };

/**
 * Says what can be done when Label Studio's host refuses us or is refused; other errors come back as they are. Names the
 * host, the kind of token and the remedy, never the token: refused credentials are the most common complaint of all.
 */
export function explainRefusal(error: unknown, connection: Connection | null): unknown {
  if (!(error instanceof RefinerError) || connection === null) return error;
  const { where = '' } = error.facts;
  if (error.code === 'IMAGE_UNAUTHORIZED' && where.startsWith(connection.origin)) {
    const received = `${error.facts.received ?? 'a refusal'} with ${nameOfKey(connection)}`;
    return new RefinerError(error.code, { where, expected: remedy(connection), received }, { cause: error });
  }
  const isOwnHost = where === new URL(connection.origin).hostname.replace(/^\[|\]$/g, '');
  if (error.code === 'IMAGE_ADDRESS_REFUSED' && isOwnHost && connection.saidBy === 'request') {
    const expected =
      'LABEL_STUDIO_URL set to the address at which this server reaches Label Studio: ' +
      'addresses in a private network are not taken from requests';
    return new RefinerError(error.code, { ...error.facts, expected }, { cause: error });
  }
  return error;
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
