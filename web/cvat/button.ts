const REFINE = 'Refine';
const CANCEL = 'Cancel refining';

/** A button at the lower edge of the page that refines the selected object, without a dialog. */
function addButton(
  cvat: Cvat.Core,
  action: Cvat.ShapesAction,
  { dispatch, actionCreators, store }: Cvat.Page,
): Cvat.Component {
  const button = document.createElement('button');
  let isRunning = false;
  let isCancelled = false;

  function selected(): Cvat.ObjectState | null {
    const { states, activatedStateID } = store.getState().annotation.annotations;
    const state = states.find(({ clientID }) => clientID === activatedStateID);
    return state !== undefined && action.isApplicableForObject(state) ? state : null;
  }

  function show(): void {
    button.hidden = !isRunning && selected() === null;
    button.textContent = isRunning ? CANCEL : REFINE;
  }

  async function refine(state: Cvat.ObjectState): Promise<void> {
    const { job, player } = store.getState().annotation;
    if (!job.instance || !cvat.actions) return;
    const progress = (): void => undefined;
    const { number: frame } = player.frame;
    await cvat.actions.call(job.instance, action, {}, frame, [state], progress, () => isCancelled);
    // Shows what the job holds now; the user may have gone on to another frame.
    const shown = store.getState().annotation.player.frame.number;
    dispatch(actionCreators.changeFrameAsync(shown, false, 1, true));
  }

  button.addEventListener('click', () => {
    const state = selected();
    if (isRunning) isCancelled = true;
    if (isRunning || state === null) return;
    [isRunning, isCancelled] = [true, false];
    show();
    refine(state)
      .catch((error: unknown) => showNotice(reasonOf(error)))
      .finally(() => {
        isRunning = false;
        show();
      });
  });

  button.type = 'button';
  button.title = `${ACTION} (the selected object)`;
  Object.assign(button.style, {
    ...{ position: 'fixed', bottom: '16px', left: '50%', transform: 'translateX(-50%)', zIndex: '900' },
    ...{ padding: '6px 16px', border: '1px solid #1890ff', borderRadius: '6px', cursor: 'pointer' },
    ...{ background: '#1890ff', color: '#fff', font: '14px sans-serif' },
  });
  document.body.append(button);
  const unsubscribe = store.subscribe(show);
  show();
  return {
    name: ACTION,
    destructor: () => {
      unsubscribe();
      button.remove();
    },
  };
}
