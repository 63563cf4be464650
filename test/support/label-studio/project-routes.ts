import { Router, type Request, type Response } from 'express';
import type { LabelStudioState, StoredProject, StoredTask } from './state.js';

/** Projects, tasks, annotations, exports and predictions (note 8.4). */
export function projectRoutes(state: LabelStudioState, edition: 'open' | 'enterprise'): Router {
  const router = Router();
  const found = (req: Request, res: Response): StoredProject | null => {
    const project = state.projects.find(({ id }) => id === Number(req.params['id'] ?? req.query['project']));
    if (!project) res.status(404).json({ detail: 'No Project matches the given query.' });
    return project ?? null;
  };
  const foundTask = (req: Request, res: Response): StoredTask | null => {
    const tasks = state.projects.flatMap((project) => project.tasks);
    const task = tasks.find(({ id }) => id === Number(req.params['id']));
    if (!task) res.status(404).json({ detail: 'No Task matches the given query.' });
    return task ?? null;
  };
  router.get('/projects/:id/', (req, res) => {
    const project = found(req, res);
    if (project) res.json({ ...project, tasks: undefined, task_number: project.tasks.length });
  });
  router.get('/tasks/', (req, res) => {
    const project = found(req, res);
    if (project) sendPage(project, req, res);
  });
  router.get('/tasks/:id/', (req, res) => {
    const task = foundTask(req, res);
    if (task) res.json(task);
  });
  router.get('/tasks/:id/annotations/', (req, res) => {
    const task = foundTask(req, res);
    if (task) res.json(task.annotations);
  });
  router.post('/predictions/', (req, res) => {
    const task = foundTask(
      Object.assign(req, { params: { id: bodyOf(req).task } }) as unknown as Request,
      res,
    );
    if (task) res.status(201).json(store(state, task, bodyOf(req)));
  });
  router.post('/projects/:id/import/predictions', (req, res) => {
    const project = found(req, res);
    if (project) importPredictions(state, project, req, res);
  });
  exportRoutes(router, { state, edition, found });
  return router;
}

function sendPage(project: StoredProject, req: Request, res: Response): void {
  const page = Number(req.query['page'] ?? 1);
  const size = Number(req.query['page_size'] ?? 30);
  const isWanted = (task: StoredTask): boolean =>
    req.query['only_annotated'] !== 'true' || task.annotations.length > 0;
  const tasks = project.tasks.filter(isWanted);
  const shown = tasks.slice((page - 1) * size, page * size);
  if (shown.length === 0 && page > 1) {
    res.status(404).json({ detail: 'Invalid page.' });
    return;
  }
  const isFull = req.query['fields'] === 'all';
  const brief = (task: StoredTask): object => ({ id: task.id, data: task.data, project: project.id });
  res.json({ tasks: isFull ? shown : shown.map(brief), total: tasks.length });
}

interface PredictionBody {
  readonly task?: unknown;
  readonly result?: unknown;
  readonly score?: unknown;
  readonly model_version?: unknown;
}

function bodyOf(req: Request): PredictionBody {
  return req.body as PredictionBody;
}

/** All or nothing, as Label Studio does. */
function importPredictions(
  state: LabelStudioState,
  project: StoredProject,
  req: Request,
  res: Response,
): void {
  const bodies = req.body as unknown;
  if (!Array.isArray(bodies)) {
    res.status(400).json({ detail: 'Expected a list.' });
    return;
  }
  const pairs = (bodies as PredictionBody[]).map((body) => ({
    body,
    task: project.tasks.find(({ id }) => id === body.task),
  }));
  const bad = pairs.find(({ body, task }) => {
    const { score, result } = body;
    const isScore = score === null || (typeof score === 'number' && score >= 0 && score <= 1);
    return !task || !Array.isArray(result) || !isScore || typeof body.model_version !== 'string';
  });
  if (bad) {
    res
      .status(400)
      .json({ validation_errors: { prediction: [`not accepted: task ${String(bad.body.task)}`] } });
    return;
  }
  for (const { body, task } of pairs) if (task) store(state, task, body);
  res.status(201).json({ created: pairs.length });
}

function store(state: LabelStudioState, task: StoredTask, body: PredictionBody): object {
  const prediction = {
    id: state.nextId++,
    task: task.id,
    model_version: String(body.model_version),
    score: body.score as number | null,
    result: body.result as readonly unknown[],
    created_at: '2026-03-02T09:15:27.104233Z',
  };
  task.predictions.push(prediction);
  return prediction;
}

interface ExportTools {
  readonly state: LabelStudioState;
  readonly edition: 'open' | 'enterprise';
  readonly found: (req: Request, res: Response) => StoredProject | null;
}

/** The open edition exports at once, the commercial one makes a snapshot that is ready at the second look. */
function exportRoutes(router: Router, { state, edition, found }: ExportTools): void {
  const snapshots = new Map<number, number>();
  const exported = (project: StoredProject, all: boolean): unknown[] =>
    project.tasks
      .filter((task) => all || task.annotations.length > 0)
      .map((task) => ({
        ...task,
        predictions: task.predictions.map(({ id }) => id),
        is_labeled: undefined,
        overlap: undefined,
      }));
  router.get('/projects/:id/export', (req, res) => {
    const project = edition === 'open' ? found(req, res) : null;
    if (project) res.json(exported(project, req.query['download_all_tasks'] === 'true'));
    else if (!res.headersSent) res.status(404).json({ detail: 'Not found.' });
  });
  router.post('/projects/:id/exports/', (req, res) => {
    if (!found(req, res)) return;
    const id = state.nextId++;
    snapshots.set(id, 0);
    res.status(201).json({ id, status: 'created' });
  });
  router.get('/projects/:id/exports/:snapshot', (req, res) => {
    const id = Number(req.params.snapshot);
    const looks = (snapshots.get(id) ?? 0) + 1;
    snapshots.set(id, looks);
    res.json({ id, status: looks > 1 ? 'completed' : 'in_progress' });
  });
  router.get('/projects/:id/exports/:snapshot/download', (req, res) => {
    const project = found(req, res);
    if (project) res.json(exported(project, true));
  });
}
