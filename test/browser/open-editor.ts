import { readApple, type Photograph } from '../support/apple.js';
import { startServer, type Scope } from '../support/server-process.js';
import { editorPage, type EditorPage } from './editor-page.js';
import { openLabelStudioServer, type LabelStudioServer } from './label-studio-server.js';
import { launchChromium } from './launch-chromium.js';

export interface OpenEditor {
  readonly photograph: Photograph;
  readonly labelStudio: LabelStudioServer;
  readonly editor: EditorPage;
}

/**
 * Label Studio's editor in Chromium, around it what Label Studio's server does, and as its backend the real server with
 * the lite model. Everything is closed with the scope.
 */
export async function openEditor(scope: Scope, labelConfig: string): Promise<OpenEditor> {
  const photograph = await readApple();
  const labelStudio = await openLabelStudioServer(scope, photograph.jpeg);
  const server = await startServer(scope, {
    LABEL_STUDIO_URL: labelStudio.origin,
    LABEL_STUDIO_API_KEY: labelStudio.token,
    SAMREFINER_MODEL: 'lite',
  });
  const { port } = await server.logged('listening, loading the model');
  await server.logged('ready');
  await labelStudio.connect(`http://127.0.0.1:${String(port)}`, labelConfig);
  const browser = await launchChromium();
  scope.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1100, height: 560 } });
  return { photograph, labelStudio, editor: editorPage(page, labelStudio.origin, labelConfig) };
}
