import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Router } from 'express';
import { findPackageRoot } from '../../onnx/package-root.js';
import { methodNotAllowed } from '../error-response.js';

export const PAGE_SCRIPT_PATH = '/cvat/refine.js';

/** The compiled files of `web/cvat` in their order: what the last one starts uses the others. */
const PARTS = ['ask', 'refinement', 'notice', 'action', 'button', 'start'];

/**
 * The script that adds "SAMRefiner: refine" to CVAT's page (protocol note, section 5.2). It is asked for anew with
 * every page, but sent only when it has changed.
 */
export function pageScriptRouter(): Router {
  const router = Router();
  router
    .route(PAGE_SCRIPT_PATH)
    .get(async (_req, res) => {
      const script = await readPageScript();
      res.set({
        'Cache-Control': 'public, no-cache',
        // CVAT's page is of another origin where no proxy puts both behind one.
        'Cross-Origin-Resource-Policy': 'cross-origin',
        ETag: `"${createHash('sha256').update(script).digest('base64url').slice(0, 22)}"`,
      });
      res.type('text/javascript').send(script);
    })
    .all(methodNotAllowed('GET, HEAD'));
  return router;
}

/** The parts as one script that leaves no names behind in the page. */
async function readPageScript(): Promise<string> {
  const folder = join(await findPackageRoot(), 'dist', 'web', 'cvat');
  const parts = await Promise.all(PARTS.map((part) => readFile(join(folder, `${part}.js`), 'utf8')));
  return `(() => {\n'use strict';\n${parts.join('').replaceAll('"use strict";\n', '')}})();\n`;
}
