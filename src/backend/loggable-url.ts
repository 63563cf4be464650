const SECRET_PARAMETER =
  /token|signature|sig$|credential|secret|key|password|passwd|auth|session|^se$|^sp$|^sv$/i;
const MAX_LENGTH = 300;

/**
 * An address as it may stand in a log: credentials and the values of parameters that carry a right (tokens, the
 * signatures of cloud storage) are hidden, data URIs and long addresses are cut. Never throws.
 */
export function loggableUrl(url: string): string {
  if (/^data:/i.test(url))
    return `${/^data:[^,]{0,40}/i.exec(url)?.[0] ?? 'data:'},… (${url.length} characters)`;
  const withoutUser = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1[hidden]@');
  const cut = withoutUser.indexOf('?');
  if (cut === -1) return shorten(withoutUser);
  const parameters = withoutUser
    .slice(cut + 1)
    .split('&')
    .map(loggableParameter);
  return shorten(`${withoutUser.slice(0, cut)}?${parameters.join('&')}`);
}

function loggableParameter(parameter: string): string {
  const [name = ''] = parameter.split('=', 1);
  return parameter.includes('=') && SECRET_PARAMETER.test(decoded(name)) ? `${name}=[hidden]` : parameter;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function shorten(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}… (${text.length} characters)`;
}
