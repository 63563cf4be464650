/** Where a task's image lies, by the form of its value. */
export type ImageAddress =
  | { readonly kind: 'data'; readonly uri: string }
  /** `path` begins with `upload/`. */
  | { readonly kind: 'upload'; readonly path: string }
  /** `query` is everything after `?d=`, still encoded. */
  | { readonly kind: 'local'; readonly query: string }
  /** A URI that only Label Studio's storage can resolve. */
  | { readonly kind: 'storage'; readonly uri: string }
  | { readonly kind: 'web'; readonly url: string }
  /** Begins with `/`; belongs to Label Studio. */
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'unusable' };

const LOCAL_FILES = /^\/data\/local-files\/?\?d=/;

/** Tells the forms apart. Source: Label Studio protocol note section 8.1. */
export function imageAddress(value: string): ImageAddress {
  const text = value.trim();
  if (/^data:/i.test(text.slice(0, 5))) return { kind: 'data', uri: text };
  if (/^https?:\/\//i.test(text)) return { kind: 'web', url: text };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return /^(file|ftp):/i.test(text) ? { kind: 'unusable' } : { kind: 'storage', uri: text };
  }
  return labelStudioPath(text);
}

/** The same for a text that is known to be a path of Label Studio. */
export function labelStudioPath(text: string): ImageAddress {
  const upload = /^(?:\/data\/|\/)?(upload\/.+)$/s.exec(text)?.[1];
  if (upload !== undefined) return { kind: 'upload', path: upload };
  if (LOCAL_FILES.test(text)) return { kind: 'local', query: text.replace(LOCAL_FILES, '') };
  return text.startsWith('/') ? { kind: 'path', path: text } : { kind: 'unusable' };
}
