const START_POLL_MS = 250;
const START_PATIENCE_MS = 120_000;
/** `/cvat/refine.js?button=off` leaves the button out. */
const wantsButton = !(document.currentScript as HTMLScriptElement | null)?.src.includes('button=off');

/** Adds the action and, when the page's state can be had, the button. */
async function start(cvat: Cvat.Core): Promise<void> {
  const { BaseShapesAction: Base } = cvat.classes;
  if (Base === undefined || cvat.actions === undefined) {
    showNotice('this CVAT has no annotation actions; 2.40 or newer is needed.');
    return;
  }
  await cvat.actions.register(createAction(cvat, Base));
  if (!wantsButton) return;
  // An action of its own: the dialog's may be at work.
  const add = (): void =>
    window.cvatUI?.registerComponent((page) => addButton(cvat, createAction(cvat, Base), page));
  if (window.cvatUI === undefined) document.addEventListener('plugins.ready', add, { once: true });
  else add();
}

/** CVAT's bundle, which brings `window.cvat`, may come later than this script, and is large. */
function waitForCvat(leftMs: number): void {
  if (window.cvat !== undefined) start(window.cvat).catch((error: unknown) => showNotice(reasonOf(error)));
  else if (leftMs > 0) setTimeout(waitForCvat, START_POLL_MS, leftMs - START_POLL_MS);
}

// Once, however often the script is in the page.
if (document.documentElement.dataset['samrefiner'] === undefined) {
  document.documentElement.dataset['samrefiner'] = '';
  waitForCvat(START_PATIENCE_MS);
}
