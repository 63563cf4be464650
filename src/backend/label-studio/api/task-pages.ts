import { RefinerError } from '../../../errors.js';
import type { LabelStudioTask, TaskPage } from './api-schema.js';

/** Tasks of one page at first; a power of two, so that halved pages still begin where the larger one did. */
const PAGE_SIZE = 64;
/** More than projects have; a server that never stops is stopped here. */
const MAX_TASKS = 2_000_000;

/** One page, counted from 1. Throws LABEL_STUDIO_NOT_FOUND for a page too far, LABEL_STUDIO_TOO_LARGE for one too big. */
export type FetchPage = (page: number, pageSize: number) => Promise<TaskPage>;

/** Some tasks, and how many there are in all. */
export interface TaskBatch {
  readonly tasks: readonly LabelStudioTask[];
  /** What Label Studio says; null when it does not. */
  readonly total: number | null;
}

/**
 * All pages, each task once. Ends when the total is reached, or with the first page that is empty or not there. Pages
 * that are too large are asked for in halves. Throws LABEL_STUDIO_ANSWER when pages repeat themselves without end, and
 * what `fetchPage` throws. Source: Label Studio protocol note section 8.4.
 */
export async function* taskPages(fetchPage: FetchPage): AsyncGenerator<TaskBatch, void, undefined> {
  const seen = new Set<number>();
  let pageSize = PAGE_SIZE;
  let offset = 0;
  for (;;) {
    const page = await pageOrNull(fetchPage, offset / pageSize + 1, pageSize);
    if (page === 'too large') {
      pageSize /= 2;
      continue;
    }
    if (page === 'past the end' || page.tasks.length === 0) return;
    const tasks = page.tasks.filter(({ id }) => !seen.has(id));
    for (const { id } of tasks) seen.add(id);
    if (tasks.length === 0 || seen.size > MAX_TASKS) throw endless(seen.size);
    yield { tasks, total: page.total ?? null };
    offset += pageSize;
    if (page.total !== undefined && offset >= page.total) return;
  }
}

async function pageOrNull(
  fetchPage: FetchPage,
  page: number,
  pageSize: number,
): Promise<TaskPage | 'too large' | 'past the end'> {
  try {
    return await fetchPage(page, pageSize);
  } catch (error) {
    const code = error instanceof RefinerError ? error.code : null;
    if (code === 'LABEL_STUDIO_TOO_LARGE' && pageSize > 1) return 'too large';
    // The first page is never too far: then it is the project that is not there.
    if (code === 'LABEL_STUDIO_NOT_FOUND' && page > 1) return 'past the end';
    throw error;
  }
}

function endless(count: number): RefinerError {
  return new RefinerError('LABEL_STUDIO_ANSWER', {
    where: 'the pages of tasks',
    expected: 'an end',
    received: `a further page after ${count} tasks that holds no other ones`,
  });
}
