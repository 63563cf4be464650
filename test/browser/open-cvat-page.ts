import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { readApple, type Photograph } from '../support/apple.js';
import { startServer, type Scope } from '../support/server-process.js';
import { openCvatServer, type CvatServer } from './cvat-server.js';
import { launchChromium } from './launch-chromium.js';

export interface PageShape {
  readonly type: string;
  readonly points: readonly number[];
  readonly frame: number;
  readonly label_id: number;
  readonly id?: number;
  readonly clientID?: number;
  readonly rotation?: number;
  readonly source?: string;
  readonly attributes?: readonly object[];
}

interface Label {
  readonly id: number;
  readonly name: string;
  readonly type: string;
}

/** What "Run actions" is told; `place` names one object of the page, for which alone it is run. */
export interface RunOptions {
  readonly from?: number;
  readonly to?: number;
  /** Ids of the labels that the page is filtered by; none: all objects. */
  readonly labels?: readonly number[];
  readonly place?: number;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A job in the page that stands in for CVAT's; see cvat-page.html. */
export interface CvatPage {
  readonly page: Page;
  readonly server: CvatServer;
  readonly photograph: Photograph;
  /** Loads the page anew with these objects. */
  open(labels: readonly Label[], shapes: readonly PageShape[]): Promise<void>;
  /** Calls a function of the page. */
  readonly call: (name: string, argument?: unknown) => Promise<unknown>;
  shapes(): Promise<readonly PageShape[]>;
  /** Runs the action; the error that CVAT would show, or null. */
  run(options: RunOptions): Promise<string | null>;
}

/** Chromium, CVAT's server, and behind it the real server with the lite model. Everything is closed with the scope. */
export async function openCvatPage(scope: Scope): Promise<CvatPage> {
  const photograph = await readApple();
  const refiner = await startServer(scope, {
    SAMREFINER_CVAT_PORT: String(await freePort()),
    SAMREFINER_MODEL: 'lite',
  });
  const { port } = await refiner.logged('listening, loading the model');
  const { port: cvatPort } = await refiner.logged('listening for CVAT');
  await refiner.logged('ready');
  const server = await openCvatServer(scope, {
    photograph: photograph.jpeg,
    refinerUrl: `http://127.0.0.1:${String(port)}`,
    nuclioUrl: `http://127.0.0.1:${String(cvatPort)}`,
  });
  const browser = await launchChromium();
  scope.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 800, height: 500 } });
  page.setDefaultTimeout(60_000);

  /** The page's script is small enough to call it by text. */
  function call(name: string, argument: unknown = null): Promise<unknown> {
    return page.evaluate(`page.${name}(${JSON.stringify(argument)})`);
  }

  return {
    page,
    server,
    photograph,
    call,
    open: async (labels, shapes) => {
      await page.goto(server.origin);
      await call('start', { labels, shapes });
    },
    shapes: async () => (await call('shapes')) as readonly PageShape[],
    run: async (options) => {
      await call('run', options);
      return (await call('ended')) as string | null;
    },
  };
}

/** A port that nothing listens at; the setting has no word for "any". */
async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  holder.close();
  await once(holder, 'close');
  return port;
}
