import type { Connection } from './connection.js';
import type { ImageAddress } from './image-address.js';
import type { TaskImageContext } from './task-image-context.js';

/** Addresses of Label Studio at which an image may be had, in the order in which they are tried. */
export function labelStudioCandidates(
  image: Exclude<ImageAddress, { kind: 'data' | 'web' | 'unusable' }>,
  { baseUrl }: Connection,
  { taskId, projectId }: TaskImageContext,
): readonly string[] {
  switch (image.kind) {
    case 'upload':
      return [
        `${baseUrl}/storage-data/uploaded/?filepath=${queryValue(image.path)}`,
        `${baseUrl}/data/${image.path}`,
      ];
    case 'local':
      return [`${baseUrl}/data/local-files/?d=${image.query}`];
    case 'path':
      return [`${baseUrl}${image.path}`];
    case 'storage': {
      const [project = ''] = (projectId ?? '').split('.');
      const owner =
        taskId === null ? `projects/${encodeURIComponent(project)}` : `tasks/${encodeURIComponent(taskId)}`;
      // The server's decoder wants the padding; older servers take the address itself.
      const coded = Buffer.from(image.uri).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
      return [coded, image.uri].map(
        (uri) => `${baseUrl}/${owner}/presign/?fileuri=${encodeURIComponent(uri)}`,
      );
    }
  }
}

/** A path as a query's value: what would end or change the value is escaped, escapes already there stay. */
function queryValue(path: string): string {
  return path.replace(/[&+#? ]/g, encodeURIComponent);
}
