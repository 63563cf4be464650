/**
 * The error catalogue. `status` is the HTTP status, `message` what a stranger may read. The reason for the operator
 * (expected, received) goes to the log and, where it says nothing about the inside, to the answer's `detail`.
 */
export const ERROR_CATALOGUE = {
  BODY_NOT_JSON: { status: 400, message: 'The request body is not valid JSON.' },
  BODY_TOO_LARGE: { status: 413, message: 'The request body is larger than this server accepts.' },
  BODY_TOO_DEEP: { status: 400, message: 'The request body is nested too deeply.' },
  BODY_TYPE: { status: 415, message: 'The request body is not of a media type that this address takes.' },
  BODY_ENCODING: { status: 415, message: 'The request body is compressed; this server takes it as it is.' },
  BODY_INVALID: { status: 400, message: 'The request body does not have the expected form.' },
  NOT_FOUND: { status: 404, message: 'There is nothing at this address.' },
  METHOD_NOT_ALLOWED: { status: 405, message: 'This address does not answer that method.' },
  WEBHOOK_OFF: { status: 403, message: 'Webhooks are not set up on this server.' },
  UPSTREAM_FAILED: { status: 502, message: 'The Nuclio behind this server did not answer as it should.' },
  UNAUTHORIZED: { status: 401, message: 'Credentials are missing or wrong.' },
  QUEUE_FULL: { status: 503, message: 'The server is busy; try again shortly.' },
  DRAINING: { status: 503, message: 'The server is shutting down.' },
  NOT_READY: { status: 503, message: 'The model is still loading.' },
  DEADLINE_EXCEEDED: { status: 503, message: 'The work did not finish in time.' },
  WORKER_LOST: { status: 503, message: 'The inference worker stopped; it has been replaced. Try again.' },
  ABORTED: { status: 499, message: 'The request was cancelled.' },
  INTERNAL: { status: 500, message: 'Something went wrong on the server.' },

  IMAGE_URL_INVALID: { status: 400, message: 'The image address cannot be used.' },
  IMAGE_ADDRESS_REFUSED: {
    status: 400,
    message: 'The image address points to a network that is not allowed.',
  },
  IMAGE_NOT_FOUND: { status: 424, message: 'The image was not found at its address.' },
  IMAGE_UNAUTHORIZED: { status: 424, message: 'The image host refused the credentials.' },
  IMAGE_FETCH_FAILED: { status: 424, message: 'The image could not be fetched.' },
  IMAGE_FETCH_TIMEOUT: { status: 424, message: 'The image host did not answer in time.' },
  IMAGE_TOO_LARGE: { status: 413, message: 'The image is larger than this server accepts.' },
  IMAGE_NOT_READABLE: { status: 422, message: 'The image could not be decoded.' },
  IMAGE_EMPTY: { status: 422, message: 'The image has no bytes.' },

  CVAT_NOT_SET_UP: { status: 403, message: 'The address of CVAT is not set.' },
  CVAT_UNAVAILABLE: { status: 503, message: 'CVAT cannot be reached or is not ready.' },
  CVAT_UNAUTHORIZED: { status: 424, message: 'CVAT refused the credentials.' },
  CVAT_NOT_FOUND: { status: 424, message: 'CVAT does not have that, or does not show it to this user.' },
  CVAT_REFUSED: { status: 424, message: 'CVAT refused the request.' },
  CVAT_LABEL_UNKNOWN: { status: 400, message: 'The task has no label of that name.' },
  CVAT_TASK_BUSY: { status: 503, message: 'The task is being refined already.' },
  CVAT_RECORD_UNUSABLE: { status: 500, message: 'The record of what was written to CVAT cannot be used.' },
  CVAT_ANSWER_INVALID: { status: 424, message: 'CVAT’s answer does not have the expected form.' },

  FRAME_UNKNOWN: {
    status: 422,
    message: 'The image is none of the projects whose stored masks are refined here.',
  },
  FRAME_AMBIGUOUS: {
    status: 409,
    message: 'The image is in several places, so that it is not known whose masks are meant.',
  },
  FRAME_EMPTIED: {
    status: 409,
    message: 'There are no stored shapes; were the old annotations cleaned before the run?',
  },
  FRAMES_UNREAD: {
    status: 503,
    message: 'The images of the projects are still being read; try again later.',
  },

  LABEL_STUDIO_UNAUTHORIZED: { status: 424, message: 'Label Studio refused the credentials.' },
  LABEL_STUDIO_NOT_FOUND: { status: 424, message: 'Label Studio does not have what was asked for.' },
  LABEL_STUDIO_REFUSED: { status: 424, message: 'Label Studio refused the request.' },
  LABEL_STUDIO_BUSY: { status: 424, message: 'Label Studio is too busy to answer.' },
  LABEL_STUDIO_FAILED: { status: 424, message: 'Label Studio failed or could not be reached.' },
  LABEL_STUDIO_TIMEOUT: { status: 424, message: 'Label Studio did not answer in time.' },
  LABEL_STUDIO_ANSWER: { status: 424, message: 'Label Studio answered with something unusable.' },
  LABEL_STUDIO_TOO_LARGE: { status: 424, message: 'The answer of Label Studio is larger than accepted.' },
  LABEL_STUDIO_ADDRESS_REFUSED: {
    status: 400,
    message: 'The address of Label Studio lies in a network that is not allowed.',
  },

  RLE_INVALID: { status: 422, message: 'The run-length code is damaged.' },
  RLE_SIZE_MISMATCH: { status: 422, message: 'The run-length code does not fit the size of the image.' },
  SHAPE_INVALID: { status: 422, message: 'The shape cannot be drawn.' },
  GUIDANCE_INVALID: { status: 422, message: 'The points and the box cannot be used.' },
  MASK_NOT_READABLE: { status: 422, message: 'The mask image could not be decoded.' },
  IMAGE_SIZE_MISMATCH: { status: 422, message: 'The shape was made for an image of another size.' },

  PACK_INVALID: { status: 500, message: 'The model pack is not valid.' },
  PACK_FILE_MISSING: { status: 500, message: 'A file of the model pack is missing.' },
  PACK_FILE_DAMAGED: { status: 500, message: 'A file of the model pack is damaged.' },
  PACK_MISMATCH: {
    status: 500,
    message: 'The model does not have the inputs and outputs that its pack declares.',
  },
  PRECISION_UNSUPPORTED: { status: 500, message: 'The model cannot be run at that precision.' },
  PACK_UNKNOWN: { status: 400, message: 'There is no model pack of that name.' },
  PACK_EXISTS: { status: 409, message: 'There is a model pack of that name already.' },
  PACK_EMBEDDED: { status: 409, message: 'This model pack comes with the program and stays.' },

  DOWNLOAD_FAILED: { status: 502, message: 'The file could not be downloaded.' },
  DOWNLOAD_DAMAGED: { status: 502, message: 'The downloaded file is not the published one.' },

  CHECKPOINT_INVALID: { status: 422, message: 'The checkpoint is damaged.' },
  CHECKPOINT_UNSUPPORTED: { status: 422, message: 'The checkpoint is of a kind that cannot be read.' },

  ONNX_INVALID: { status: 422, message: 'The ONNX model is damaged.' },
  ONNX_UNSUPPORTED: { status: 422, message: 'The ONNX model is of a kind that cannot be used.' },

  ADAPTER_PROJECT: { status: 400, message: 'A project cannot have that name.' },
  ADAPTER_UNKNOWN: { status: 400, message: 'There is no such IoU adapter.' },
  ADAPTER_DAMAGED: { status: 422, message: 'The IoU adapter is damaged.' },
  ADAPTER_MISMATCH: { status: 409, message: 'The IoU adapter was learned for another model.' },
  QUERY_INVALID: { status: 400, message: 'The query of the address does not have the expected form.' },
  JOB_UNKNOWN: { status: 404, message: 'There is no job of that id.' },
  JOB_KIND_UNKNOWN: { status: 400, message: 'There are no jobs of that kind.' },
  JOB_KIND_REFUSED: { status: 403, message: 'Jobs of this kind are not set up on this server.' },
  JOB_FOLDER_INVALID: { status: 400, message: 'The folder cannot be used for this job.' },
  JOB_GAVE_UP: {
    status: 500,
    message: 'The job was given up because the server ended several times while it ran.',
  },
  JOBS_FILE_UNUSABLE: { status: 500, message: 'The file of the job queue cannot be used.' },

  OPTIONS_INVALID: { status: 400, message: 'Options cannot be used.' },
  CONFIG_INVALID: { status: 500, message: 'The configuration is not valid.' },
} as const satisfies Record<string, { readonly status: number; readonly message: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** What was expected and what came instead; `received` is never a secret and is cut where it could be long. */
export interface ErrorFacts {
  readonly expected?: string;
  readonly received?: string;
  readonly where?: string;
  readonly retryAfterSeconds?: number;
}

/** The one error type of the product: a code of the catalogue with the facts of this case. */
export class RefinerError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(describe(code, facts), options);
    this.name = 'RefinerError';
    this.code = code;
    this.facts = facts;
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }

  get publicMessage(): string {
    return ERROR_CATALOGUE[this.code].message;
  }
}

function describe(code: ErrorCode, facts: ErrorFacts): string {
  const parts: string[] = [ERROR_CATALOGUE[code].message];
  if (facts.where !== undefined) parts.push(`At ${facts.where}.`);
  if (facts.expected !== undefined) parts.push(`Expected ${facts.expected}.`);
  if (facts.received !== undefined) parts.push(`Received ${facts.received}.`);
  return parts.join(' ');
}
