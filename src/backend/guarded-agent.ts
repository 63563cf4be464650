import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { RefinerError } from '../errors.js';
import { addressRange, isPublicAddress } from './private-address.js';

export interface GuardSettings {
  /** Origins (`scheme://host[:port]`) that may be contacted wherever they lie. */
  readonly allowedOrigins: readonly string[];
  readonly verifyTls: boolean;
  readonly connectTimeoutMs: number;
  /** Longest response head; a redirect to a `data:` address carries a whole image in it. */
  readonly maxHeaderBytes: number;
  /** Name resolution; `dns.lookup` unless a test says otherwise. */
  readonly lookup?: LookupFunction;
}

/**
 * An HTTP agent that connects to public addresses only, and to the configured origins. The check sits where the
 * connection is made: on address literals before connecting, on every candidate that a name resolves to, and on the
 * address really connected to. So redirects, other spellings of an address and names that change between two look-ups
 * need no care elsewhere. Refused connections fail with IMAGE_ADDRESS_REFUSED.
 */
export function createGuardedAgent(settings: GuardSettings): Agent {
  const allowed = new Set(settings.allowedOrigins.map((origin) => new URL(origin).origin));
  const lookup = settings.lookup ?? systemLookup;
  const tls = { rejectUnauthorized: settings.verifyTls, timeout: settings.connectTimeoutMs };
  const connectAnywhere = buildConnector({ ...tls, lookup });
  const connectPublic = buildConnector({ ...tls, lookup: publicLookup(lookup) });
  return new Agent({
    // Deadlines are kept by the callers, for the whole of a fetch.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: settings.maxHeaderBytes,
    connect: (options, callback) => {
      if (allowed.has(originOf(options))) {
        connectAnywhere(options, callback);
        return;
      }
      if (isIP(options.hostname) !== 0 && !isPublicAddress(options.hostname)) {
        callback(refused(options.hostname, options.hostname), null);
        return;
      }
      connectPublic(options, (...result) => {
        const [error, socket] = result;
        if (error !== null) callback(error, null);
        else checkConnected(socket, options.hostname, callback);
      });
    },
  });
}

function checkConnected(socket: Socket, hostname: string, callback: buildConnector.Callback): void {
  const address = socket.remoteAddress ?? '';
  if (isPublicAddress(address)) {
    callback(null, socket);
    return;
  }
  socket.destroy();
  callback(refused(hostname, address), null);
}

/** Resolves a name only when all of its addresses are public. */
function publicLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found, family) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const candidates: LookupAddress[] =
        typeof found === 'string' ? [{ address: found, family: family ?? isIP(found) }] : found;
      const [first] = candidates;
      const hidden = candidates.find(({ address }) => !isPublicAddress(address));
      if (first === undefined || hidden !== undefined) callback(refused(hostname, hidden?.address ?? ''), []);
      else if (options.all === true) callback(null, candidates);
      else callback(null, first.address, first.family);
    });
  };
}

function originOf({ protocol, hostname, port }: buildConnector.Options): string {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  return new URL(`${protocol}//${host}${port === '' ? '' : `:${port}`}`).origin;
}

function refused(hostname: string, address: string): RefinerError {
  return new RefinerError('IMAGE_ADDRESS_REFUSED', {
    where: hostname,
    expected: 'a public address, or an origin listed in SAMREFINER_ALLOWED_ORIGINS',
    received: address === '' ? 'no address' : `an address of the range "${addressRange(address)}"`,
  });
}
