import { isJsonObject } from './json-object.js';
import { projectNumber } from './predict-request.js';

/** Events after which there may be something to learn from: annotations came, changed or went, or a person asked. */
const TRAINING_EVENTS: readonly string[] = [
  'START_TRAINING',
  'ANNOTATION_CREATED',
  'ANNOTATIONS_CREATED',
  'ANNOTATION_UPDATED',
  'ANNOTATION_DELETED',
  'ANNOTATIONS_DELETED',
];

/** What an event asks for: learning at once, learning when there is enough new, or nothing. */
export type LearningWish = 'now' | 'when-worthwhile' | 'none';

export interface WebhookEvent {
  readonly action: string;
  /** Number of the project; null where the event names none. */
  readonly project: string | null;
  /** Whether it is one of the events that Label Studio's reference backend trains on. */
  readonly isTraining: boolean;
  readonly wish: LearningWish;
}

/**
 * The event of a `/webhook` body (note 5). Anything may come: Label Studio sends every action to its backends.
 *
 * Older servers send PROJECT_UPDATED where newer ones send START_TRAINING, and both send it whenever a project's settings
 * are saved. So it is no command, but may lead to learning as annotations do.
 */
export function readWebhook(body: unknown): WebhookEvent {
  const members = isJsonObject(body) ? body : {};
  const action = typeof members['action'] === 'string' ? members['action'].slice(0, 100) : '';
  const project = projectIn(members['project']);
  const isTraining = TRAINING_EVENTS.includes(action);
  return { action, project, isTraining, wish: project === null ? 'none' : wishOf(action, isTraining) };
}

function wishOf(action: string, isTraining: boolean): LearningWish {
  if (action === 'START_TRAINING') return 'now';
  return isTraining || action === 'PROJECT_UPDATED' ? 'when-worthwhile' : 'none';
}

/** Events carry the project as an object; that of a number or text is accepted too. */
function projectIn(value: unknown): string | null {
  const number = projectNumber(isJsonObject(value) ? value['id'] : value);
  return /^[0-9]{1,15}$/.test(number) ? number : null;
}
