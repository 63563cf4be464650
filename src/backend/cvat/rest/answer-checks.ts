import { RefinerError } from '../../../errors.js';
import { compileSchema } from '../../validate.js';
import {
  ANNOTATIONS_SCHEMA,
  type Annotations,
  STORED_SHAPE_SCHEMA,
  type StoredShape,
} from './annotations.js';
import {
  type CvatJob,
  type CvatLabel,
  type CvatTask,
  DATA_META_SCHEMA,
  type DataMeta,
  JOB_SCHEMA,
  LABEL_SCHEMA,
  PAGE_SCHEMA,
  TASK_SCHEMA,
} from './resources.js';

/** How the answers of CVAT are read; each throws BODY_INVALID. */
export function answerChecks() {
  return {
    page: compileSchema<{ next?: string | null; results: readonly unknown[] }>(PAGE_SCHEMA),
    task: withProject(compileSchema<CvatTask>(TASK_SCHEMA)),
    job: withProject(compileSchema<CvatJob>(JOB_SCHEMA)),
    label: compileSchema<CvatLabel>(LABEL_SCHEMA),
    dataMeta: compileSchema<DataMeta>(DATA_META_SCHEMA),
    annotations: compileSchema<Annotations>(ANNOTATIONS_SCHEMA),
    shape: compileSchema<StoredShape>(STORED_SHAPE_SCHEMA),
  };
}

/** Tasks without a project leave the member out in some versions. */
function withProject<T extends { readonly project_id: number | null }>(
  read: (value: unknown) => T,
): (value: unknown) => T {
  return (value) => {
    const found = read(value);
    return { ...found, project_id: found.project_id ?? null };
  };
}

/** Refusals of the parser and of the schemas as what they are here: an answer of another form. */
export async function inAnswer<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof RefinerError) || !cause.code.startsWith('BODY_')) throw cause;
    const where = `/api${path} ${cause.facts.where ?? ''}`.trim();
    throw new RefinerError('CVAT_ANSWER_INVALID', { ...cause.facts, where }, { cause });
  }
}
