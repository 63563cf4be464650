/** The members of a delivery that decide what it is about; CVAT sends many more. */
export interface WebhookDelivery {
  readonly event: string;
  /** On updates: the old values of the members that changed. */
  readonly before_update?: Readonly<Record<string, unknown>>;
  readonly job?: WebhookResource & { readonly state?: string; readonly type?: string };
  readonly task?: WebhookResource & { readonly status?: string };
}

interface WebhookResource {
  readonly id: number;
  readonly project_id?: number | null;
  readonly updated_date?: string;
}

const RESOURCE = {
  id: { type: 'integer' },
  project_id: { type: ['integer', 'null'] },
  updated_date: { type: 'string', maxLength: 64 },
} as const;

export const WEBHOOK_SCHEMA = {
  type: 'object',
  required: ['event'],
  properties: {
    event: { type: 'string', maxLength: 100 },
    before_update: { type: 'object' },
    job: {
      type: 'object',
      required: ['id'],
      properties: { ...RESOURCE, state: { type: 'string' }, type: { type: 'string' } },
    },
    task: {
      type: 'object',
      required: ['id'],
      properties: { ...RESOURCE, status: { type: 'string' } },
    },
  },
} as const;

/** What a delivery means for us. `key` is the same for the same change delivered again. */
export type WebhookMeaning =
  | { readonly kind: 'completed'; readonly project: number; readonly key: string }
  | { readonly kind: 'deleted'; readonly job: number }
  | { readonly kind: 'nothing' };

const NOTHING: WebhookMeaning = { kind: 'nothing' };

/**
 * A job is completed when its state has just become so; ground truth and consensus replicas are no annotations. A task
 * counts likewise. Every save of annotations, ours too, is an update in which nothing but the date changed: without the
 * old state in `before_update` there is nothing to do (protocol note, section 7).
 */
export function meaningOf({ event, before_update: before = {}, job, task }: WebhookDelivery): WebhookMeaning {
  if (event === 'delete:job' && job) return { kind: 'deleted', job: job.id };
  if (event === 'update:job' && job) {
    const isCompleted = 'state' in before && job.state === 'completed' && job.type === 'annotation';
    return isCompleted ? completed('job', job) : NOTHING;
  }
  if (event === 'update:task' && task) {
    return 'status' in before && task.status === 'completed' ? completed('task', task) : NOTHING;
  }
  return NOTHING;
}

/** Outside projects there is nobody to learn for. */
function completed(
  resource: 'job' | 'task',
  { id, project_id: project, updated_date: date }: WebhookResource,
): WebhookMeaning {
  if (typeof project !== 'number') return NOTHING;
  return { kind: 'completed', project, key: deliveryKey(resource, id, date) };
}

function deliveryKey(resource: string, id: number, date = ''): string {
  return `${resource} ${id} ${date}`;
}
