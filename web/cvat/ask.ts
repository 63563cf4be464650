const FUNCTION = 'samrefiner-refine';
const BUSY = 503;
const BUSY_PAUSES_MS: readonly number[] = [1000, 2000, 4000];
const CANCEL_POLL_MS = 100;

interface RefinedShape {
  readonly type: string;
  readonly points: readonly number[];
  /** Of what was a rectangle: left, top, right, bottom. */
  readonly box?: readonly number[];
}

/** In the order of the shapes; null for one that stays as it is. */
type Answer = readonly (RefinedShape | null)[];

/** Null once cancelled. Rejects with what CVAT rejects with. */
type Ask = (shapes: readonly Cvat.Shape[], input: Cvat.ShapesActionInput) => Promise<Answer | null>;

/** Finds the function. Rejects when CVAT does not list it. */
async function openFunction({ lambda }: Cvat.Core, session: Cvat.Session): Promise<Ask> {
  const { models } = await lambda.list();
  const model = models.find(({ id }) => id === FUNCTION);
  if (model === undefined) throw new Error(`SAMRefiner: CVAT does not list the function ${FUNCTION}.`);
  const { id, taskId } = session;
  const job = taskId === undefined ? {} : { job: id };

  return async (shapes, { frameData: { number: frame }, cancelled }) => {
    const call = { type: 'init_tracking', frame, ...job, shapes: shapes.map(asSent) };
    for (const pauseMs of [...BUSY_PAUSES_MS, null]) {
      try {
        const answer = await unlessCancelled(lambda.call(taskId ?? id, model, call), cancelled);
        return answer === null ? null : (answer as { readonly shapes: Answer }).shapes;
      } catch (error) {
        if (pauseMs === null || (error as Cvat.ServerError).code !== BUSY) throw error;
        const pause = new Promise<true>((resolve) => setTimeout(resolve, pauseMs, true));
        if ((await unlessCancelled(pause, cancelled)) === null) return null;
      }
    }
    return null;
  };
}

/** CVAT lets masks and polygons alone through to the function, but hands on members that it does not know. */
function asSent({ type, points, rotation = 0 }: Cvat.Shape): object {
  return type === 'rectangle' ? { type: 'polygon', points, drawn_as: type, rotation } : { type, points };
}

/** Null as soon as it is cancelled: CVAT has no way to break off a call. */
async function unlessCancelled<T>(work: Promise<T>, cancelled: () => boolean): Promise<T | null> {
  let timer: number | undefined;
  const cancellation = new Promise<null>((resolve) => {
    timer = setInterval(() => {
      if (cancelled()) resolve(null);
    }, CANCEL_POLL_MS);
  });
  try {
    return await Promise.race([work, cancellation]);
  } finally {
    clearInterval(timer);
  }
}
