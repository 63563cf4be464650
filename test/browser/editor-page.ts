import type { Locator, Page } from 'playwright-core';
import type { Prediction, Result, Task } from './label-studio-task.js';

export interface OpenOptions {
  readonly task: Task;
  /** The prediction that the new annotation starts as a copy of; absent: it starts empty. */
  readonly startFrom?: Prediction;
  /** The prediction to look at instead. */
  readonly view?: Prediction;
  /** The Auto-Annotation toggle of the project's page. */
  readonly autoAnnotation?: boolean;
  /** "Auto accept annotation suggestions". */
  readonly autoAccept?: boolean;
}

/** A point in pixels of the image. */
export interface ImagePoint {
  readonly x: number;
  readonly y: number;
}

/** Label Studio's editor in a page, as a person has it before them. */
export interface EditorPage {
  readonly page: Page;
  /** The image with everything drawn on it. */
  readonly stage: Locator;
  /** Opens the task anew; resolves when the image and all its regions are drawn. */
  open(options: OpenOptions): Promise<void>;
  /** Resolves when all regions and suggestions are drawn, and there are that many of them. */
  drawn(count: { readonly regions?: number; readonly suggestions?: number }): Promise<void>;
  /** Clicks the region's line in the list beside the image; resolves when it is selected. */
  select(place: number): Promise<void>;
  /** Takes the first smart tool of the labeling config. */
  chooseSmartTool(): Promise<void>;
  /** Clicks the tick for all suggestions; resolves when they have become regions. */
  acceptAll(): Promise<void>;
  /** Resolves when the region has another shape than when the task was opened. */
  changed(region: string): Promise<void>;
  /** Processor time that the page has taken so far, which other programs on the machine do not lengthen. */
  processorMs(): Promise<number>;
  /** What would be saved now. */
  serialize(): Promise<readonly Result[]>;
  click(at: ImagePoint): Promise<void>;
  /** Presses the mouse at the first point and releases it at the last one; `before` is called while it is still held. */
  drag(from: ImagePoint, to: ImagePoint, before?: () => Promise<void>): Promise<void>;
}

/** How long the editor may take for anything; far more than it needs, for machines that do much else. */
const PATIENCE_MS = 240_000;

/** Drives the editor in a page that shows `origin`'s host page, with a labeling config. */
export function editorPage(page: Page, origin: string, config: string): EditorPage {
  page.setDefaultTimeout(PATIENCE_MS);
  const stage = page.locator('.konvajs-content');

  /** The page's script is small enough to call it by text; see host-page.html. */
  function call(name: string, argument: unknown = null): Promise<unknown> {
    return page.evaluate(`host.${name}(${JSON.stringify(argument)})`);
  }

  async function onScreen({ x, y }: ImagePoint): Promise<ImagePoint> {
    const scale = (await call('scale')) as number;
    const box = await stage.boundingBox();
    if (box === null) throw new Error('the editor shows no image');
    return { x: box.x + x * scale, y: box.y + y * scale };
  }

  return {
    page,
    stage,
    open: async ({ task, startFrom, view, autoAnnotation = false, autoAccept = false }) => {
      await page.goto(origin);
      const from = startFrom?.id ?? null;
      await call('open', { config, task, from, view: view?.id ?? null, autoAnnotation, autoAccept });
    },
    drawn: async ({ regions, suggestions }) => {
      await call('drawn', { regions, suggestions });
    },
    select: async (place) => {
      await page.locator('.lsf-region-item').nth(place).click();
      await call('selected');
    },
    chooseSmartTool: () => page.keyboard.press('m'),
    acceptAll: async () => {
      await page.locator('.lsf-dynamic-preannotations__action_type_accept').click();
      await call('drawn', { suggestions: 0 });
    },
    changed: async (region) => {
      await call('changed', region);
    },
    processorMs: async () => {
      const devtools = await page.context().newCDPSession(page);
      await devtools.send('Performance.enable');
      const { metrics } = await devtools.send('Performance.getMetrics');
      await devtools.detach();
      const seconds = metrics.find(({ name }) => name === 'ProcessTime')?.value;
      if (seconds === undefined) throw new Error('this Chromium does not tell the time of its processes');
      return 1000 * seconds;
    },
    serialize: async () => (await call('serialize')) as readonly Result[],
    click: async (at) => {
      const { x, y } = await onScreen(at);
      await page.mouse.click(x, y);
    },
    drag: async (from, to, before) => {
      const [start, end] = [await onScreen(from), await onScreen(to)];
      await page.mouse.move(start.x, start.y);
      await page.mouse.down();
      await page.mouse.move(end.x, end.y, { steps: 8 });
      await before?.();
      await page.mouse.up();
    },
  };
}
