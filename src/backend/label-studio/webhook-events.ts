import { isJsonObject } from './json-object.js';

/** Events after which there may be something to learn from: annotations came, changed or went, or a person asked. */
const TRAINING_EVENTS: readonly string[] = [
  'START_TRAINING',
  'ANNOTATION_CREATED',
  'ANNOTATIONS_CREATED',
  'ANNOTATION_UPDATED',
  'ANNOTATION_DELETED',
  'ANNOTATIONS_DELETED',
];

export interface WebhookEvent {
  readonly action: string;
  readonly isTraining: boolean;
}

/** The event of a `/webhook` body (note 5.2). Anything may come: Label Studio sends every action to its backends. */
export function readWebhook(body: unknown): WebhookEvent {
  const action = isJsonObject(body) && typeof body['action'] === 'string' ? body['action'].slice(0, 100) : '';
  return { action, isTraining: TRAINING_EVENTS.includes(action) };
}
