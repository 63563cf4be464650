import { Router, type Request, type Response } from 'express';
import type { LabelStudioState, StoredBackend } from './state.js';

/** Connections to backends and webhooks (note 1, 5.2 and 8.4). A new connection is tried, as Label Studio does. */
export function backendRoutes(state: LabelStudioState): Router {
  const router = Router();
  router.get(['/ml', '/ml/'], (req, res) => {
    const project = Number(req.query['project']);
    res.json(state.backends.filter((backend) => backend.project === project).map(shown));
  });
  router.post(['/ml', '/ml/'], async (req, res) => {
    const backend = { ...EMPTY, id: state.nextId++, ...(req.body as object) } as StoredBackend;
    if (!(await tryBackend(state, backend, res))) return;
    state.backends.push(backend);
    const url = `${backend.url.replace(/\/$/, '')}/webhook`;
    state.webhooks.push({ id: state.nextId++, project: backend.project, url, headers: {} });
    res.status(201).json(shown(backend));
  });
  router.patch('/ml/:id', async (req, res) => {
    const backend = state.backends.find(({ id }) => id === Number(req.params.id));
    if (!backend) {
      res.status(404).json({ detail: 'No MLBackend matches the given query.' });
      return;
    }
    const changed = { ...backend, ...(req.body as object) };
    if (!(await tryBackend(state, changed, res))) return;
    Object.assign(backend, changed);
    res.json(shown(backend));
  });
  router.get('/webhooks/', (req: Request, res) => {
    res.json(state.webhooks.filter(({ project }) => project === Number(req.query['project'])));
  });
  router.patch('/webhooks/:id/', (req, res) => {
    const webhook = state.webhooks.find(({ id }) => id === Number(req.params.id));
    if (webhook) res.json(Object.assign(webhook, req.body));
    else res.status(404).json({ detail: 'No Webhook matches the given query.' });
  });
  return router;
}

const EMPTY = {
  title: 'default',
  is_interactive: false,
  auth_method: 'NONE',
  basic_auth_user: null,
  basic_auth_pass: null,
  extra_params: null,
  model_version: null,
  readable_state: 'Connected',
};

/** The password is never shown. */
function shown({ basic_auth_pass, ...rest }: StoredBackend): object {
  return { ...rest, basic_auth_pass_is_set: basic_auth_pass !== null };
}

/** Health, then setup, with the credentials of the connection. Answers 400 itself when either fails. */
async function tryBackend(state: LabelStudioState, backend: StoredBackend, res: Response): Promise<boolean> {
  const refuse = (message: string): boolean => {
    res.status(400).json({ detail: 'Validation error', validation_errors: { non_field_errors: [message] } });
    return false;
  };
  const { url, auth_method, basic_auth_user, basic_auth_pass } = backend;
  const basic = Buffer.from(`${basic_auth_user ?? ''}:${basic_auth_pass ?? ''}`).toString('base64');
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (auth_method === 'BASIC_AUTH') headers['authorization'] = `Basic ${basic}`;
  const health = await fetch(`${url}/health`, { headers }).catch(() => null);
  if (health?.status === 401) {
    return refuse(
      'Able to connect to ML Server, but authentication parameters were either not provided or are incorrect.',
    );
  }
  if (health?.ok !== true)
    return refuse(`Can't connect to ML backend ${url}, health check failed. <a href="#">Learn more</a>`);
  const setup = await fetch(`${url}/setup`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      project: `${backend.project}.1767225600`,
      schema: state.projects.find(({ id }) => id === backend.project)?.label_config ?? '<View/>',
      hostname: 'http://localhost:8080',
      access_token: '',
      extra_params: backend.extra_params,
    }),
  });
  if (!setup.ok)
    return refuse(`Successfully connected to ${url} but it doesn't look like a valid ML backend.`);
  backend.model_version = ((await setup.json()) as { model_version: string }).model_version;
  return true;
}
