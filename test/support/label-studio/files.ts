import { Router, type Request } from 'express';
import type { LabelStudioState } from './state.js';

/** Where Label Studio has images (note 8.1): uploads under two addresses, local files, and signed addresses of stores. */
export function fileRoutes(state: LabelStudioState): Router {
  const router = Router();
  const send = (bytes: Uint8Array | undefined): [number, Buffer] =>
    bytes === undefined ? [404, Buffer.from('')] : [200, Buffer.from(bytes)];
  router.get('/storage-data/uploaded/', (req, res) => {
    const [status, body] = send(state.uploads.get(parameter(req, 'filepath')));
    res.status(status).type('image/png').send(body);
  });
  router.get('/data/upload/:project/:file', (req, res) => {
    const [status, body] = send(state.uploads.get(`upload/${req.params.project}/${req.params.file}`));
    res.status(status).type('image/png').send(body);
  });
  router.get('/data/local-files/', (req, res) => {
    const [status, body] = send(state.localFiles.get(parameter(req, 'd')));
    res.status(status).type('image/png').send(body);
  });
  router.get(['/tasks/:id/presign/', '/projects/:id/presign/'], (req, res) => {
    const coded = parameter(req, 'fileuri');
    const uri = coded.includes('://') ? coded : Buffer.from(coded, 'base64url').toString();
    const target = state.stored.get(uri);
    if (target === undefined) res.status(404).json({ detail: 'No storage has it.' });
    else res.status(303).set('Location', target).end();
  });
  return router;
}

function parameter(req: Request, name: string): string {
  const value = req.query[name];
  return typeof value === 'string' ? value : '';
}
