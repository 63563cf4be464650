import type { Config } from '../../../config.js';
import { RefinerError } from '../../../errors.js';
import { basicAuthorization } from '../../guarded-fetch.js';
import type { Headers } from '../../guarded-http.js';

/** One CVAT and who asks it. */
export interface CvatConnection {
  /** http(s), without a slash at the end. */
  readonly baseUrl: string;
  /** `Authorization`, and `X-Organization` where an organisation is meant. Secret. */
  readonly headers: Headers;
}

type CvatConfig = Pick<
  Config,
  'cvatUrl' | 'cvatAccessToken' | 'cvatToken' | 'cvatUsername' | 'cvatPassword' | 'cvatOrganization'
>;

/**
 * The CVAT of the settings: a personal access token goes before a legacy one, that before a user's name and password
 * (protocol note, section 6). Throws CVAT_NOT_SET_UP without an address.
 */
export function cvatConnection(config: CvatConfig): CvatConnection {
  const { cvatUrl, cvatOrganization } = config;
  if (cvatUrl === null) throw new RefinerError('CVAT_NOT_SET_UP', { expected: 'CVAT_URL to be set' });
  const organization = cvatOrganization === null ? {} : { 'x-organization': cvatOrganization };
  return { baseUrl: cvatUrl, headers: { ...authorization(config), ...organization } };
}

function authorization({ cvatAccessToken, cvatToken, cvatUsername, cvatPassword }: CvatConfig): Headers {
  if (cvatAccessToken !== null) return { authorization: `Bearer ${cvatAccessToken}` };
  if (cvatToken !== null) return { authorization: `Token ${cvatToken}` };
  if (cvatUsername !== null && cvatPassword !== null) return basicAuthorization(cvatUsername, cvatPassword);
  return {};
}
