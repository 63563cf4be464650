import { type Request, type RequestHandler, Router } from 'express';
import { RefinerError } from '../../errors.js';
import { MAX_ADAPTER_BYTES, readAdapter, writeAdapter } from '../../fit/adapter-file.js';
import {
  currentVersion,
  type ListedAdapter,
  listAdapters,
  listProjects,
  loadAdapter,
  rollBack,
  storeAdapter,
} from '../../fit/adapter-store.js';
import { admit } from '../admission.js';
import { methodNotAllowed } from '../error-response.js';
import { jsonBody } from '../json-body.js';
import { sendJson } from '../json-response.js';
import { readRequestBody } from '../read-request-body.js';
import type { Services } from '../services.js';
import { compileSchema } from '../validate.js';
import { ROLLBACK_SCHEMA } from './adapter-paths.js';

const MAX_BODY_BYTES = 4096;

type OfProject = Request<{ project: string }>;

/** `/v1/adapters` and below: what projects have learned. */
export function adapterRouter({ config, models, json, admission, log }: Services): Router {
  const { adaptersDir } = config;
  const router = Router();
  const admitted = admit(admission, 'jobs');
  const checkRollback = compileSchema<{ readonly version?: number }>(ROLLBACK_SCHEMA);

  const exportVersion: RequestHandler<{ project: string }> = async (req, res) => {
    const { project } = req.params;
    const stored = await loadAdapter(adaptersDir, project, versionIn(req.query['version']));
    res.attachment(`${project}-${stored.version}.json`).type('application/json');
    res.send(Buffer.from(writeAdapter(stored.record)));
  };
  const importVersion: RequestHandler<{ project: string }> = async (req, res) => {
    const { project } = req.params;
    await currentVersion(adaptersDir, project);
    const record = readAdapter(await readRequestBody(req, MAX_ADAPTER_BYTES), 'the body');
    if (models.all.every(({ fingerprint }) => fingerprint !== record.model.fingerprint)) {
      throw new RefinerError('ADAPTER_MISMATCH', {
        expected: `one of ${models.all.map(({ inference }) => inference.modelVersion).join(', ')}`,
        received: `one of ${record.model.version}`,
      });
    }
    const version = await storeAdapter(adaptersDir, project, record);
    log.info({ project, version }, 'adapter imported');
    await sendJson(res, { project, current: version }, 201);
  };

  router
    .route('/v1/adapters')
    .get(admitted, async (_req, res) => {
      const projects = await listProjects(adaptersDir);
      const current = await Promise.all(projects.map((project) => currentOrNull(adaptersDir, project)));
      await sendJson(res, {
        projects: projects.map((project, index) => ({ project, current: current[index] ?? null })),
      });
    })
    .all(methodNotAllowed('GET, HEAD'));
  router
    .route('/v1/adapters/:project')
    .get(admitted, async (req: OfProject, res) => {
      const { project } = req.params;
      const versions = await listAdapters(adaptersDir, project);
      const current = versions.find(({ inUse }) => inUse)?.version ?? null;
      await sendJson(res, { project, current, versions: versions.map(listed) });
    })
    .all(methodNotAllowed('GET, HEAD'));
  router
    .route('/v1/adapters/:project/rollback')
    .post(admitted, jsonBody(json, MAX_BODY_BYTES), async (req: OfProject, res) => {
      const { project } = req.params;
      const current = await rollBack(adaptersDir, project, checkRollback(req.body).version);
      log.info({ project, version: current }, 'adapter rolled back');
      await sendJson(res, { project, current });
    })
    .all(methodNotAllowed('POST'));
  router
    .route('/v1/adapters/:project/export')
    .get(admitted, exportVersion)
    .all(methodNotAllowed('GET, HEAD'));
  router.route('/v1/adapters/:project/import').post(admitted, importVersion).all(methodNotAllowed('POST'));
  return router;
}

/** A damaged file of one project must not hide the others. */
async function currentOrNull(adaptersDir: string, project: string): Promise<number | null> {
  try {
    return await currentVersion(adaptersDir, project);
  } catch (error) {
    if (error instanceof RefinerError) return null;
    throw error;
  }
}

/** A version without its numbers. */
function listed({ version, inUse, record, problem }: ListedAdapter): object {
  if (record === null) return { version, inUse, problem };
  const { model, data, figures, parent } = record;
  return { version, inUse, problem, model: model.version, data, figures, parent };
}

function versionIn(text: unknown): number | undefined {
  if (text === undefined) return undefined;
  if (typeof text === 'string' && /^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new RefinerError('QUERY_INVALID', { where: 'version', expected: 'the number of a version' });
}
