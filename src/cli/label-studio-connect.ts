import { type Command, InvalidArgumentError } from 'commander';
import { configAdvice } from '../backend/label-studio/config-advice.js';
import { connectProject, type Connected } from '../backend/label-studio/connect-project.js';
import { type Config, loadConfig } from '../config.js';
import {
  addLabelStudioOptions,
  httpAddress,
  type LabelStudioFlags,
  openLabelStudio,
} from './label-studio-options.js';
import { untilStopped } from './until-stopped.js';

interface ConnectFlags extends LabelStudioFlags {
  readonly backendUrl?: string;
  readonly title: string;
  readonly webhookSecret?: string;
  readonly extraParams?: unknown;
  readonly interactive: boolean;
}

/** `samrefiner label-studio connect --project N`: makes or updates the project's connection to this server. */
export function addConnectCommand(parent: Command): void {
  const command = parent
    .command('connect')
    .description('connects a project to this server, which must be running, and prints what to click');
  addLabelStudioOptions(command)
    .option(
      '--backend-url <address>',
      'this server as Label Studio reaches it (default: http://localhost:PORT)',
      httpAddress,
    )
    .option('--title <text>', 'name of the connection', 'SAMRefiner')
    .option(
      '--webhook-secret <text>',
      'secret of the project’s webhook (default: SAMREFINER_WEBHOOK_SECRET, which no process list shows)',
    )
    .option(
      '--extra-params <json>',
      'options of the project, such as {"refine": {"rounds": 3}} (default: those it has)',
      json,
    )
    .option('--no-interactive', 'only refine tasks as a whole, not while somebody draws')
    .action(run);
}

async function run(flags: ConnectFlags): Promise<void> {
  const config = loadConfig(process.env);
  const labelStudio = openLabelStudio(flags, config);
  try {
    const backendUrl = flags.backendUrl ?? `http://localhost:${config.port}`;
    const request = {
      project: flags.project,
      backendUrl,
      title: flags.title,
      isInteractive: flags.interactive,
      basicAuth: basicAuthOf(config),
      webhookSecret: flags.webhookSecret ?? config.webhookSecret,
      ...(flags.extraParams === undefined ? {} : { extraParams: flags.extraParams }),
    };
    const connected = await untilStopped((signal) => connectProject(request, labelStudio.api, signal));
    process.stdout.write(`${describe(connected)}\n`);
  } finally {
    await labelStudio.close();
  }
}

function basicAuthOf({
  basicAuthUser: user,
  basicAuthPass: password,
}: Config): { user: string; password: string } | null {
  return user === null || password === null ? null : { user, password };
}

function describe(connected: Connected): string {
  const { project, backend, isNew, askedInstead, webhookAuthorized, ignoredOptions } = connected;
  const name = project.title === undefined || project.title === '' ? '' : ` “${project.title}”`;
  const version = backend.model_version ? `, model version ${backend.model_version}` : '';
  const lines = [
    `${isNew ? 'Connected' : 'Brought up to date the connection of'} project ${project.id}${name} to ${backend.url}${version}.`,
  ];
  if (askedInstead !== null) {
    lines.push(
      `Note: Label Studio asks only the first backend of a project, which is “${askedInstead.title ?? ''}” ` +
        `(${askedInstead.url}). Remove it in Settings → Model to use this one.`,
    );
  }
  if (webhookAuthorized === false) {
    lines.push('Note: no webhook to this server was found; events of the project will not arrive.');
  }
  for (const line of ignoredOptions) lines.push(`Note: an option is ignored. ${line}.`);
  for (const advice of configAdvice(project.label_config)) lines.push(`Labeling config: ${advice}`);
  return [...lines, '', ...whatToClick(backend.is_interactive !== false)].join('\n');
}

function whatToClick(isInteractive: boolean): readonly string[] {
  return [
    'Now, in the Data Manager of the project:',
    '  Refine many    select tasks that have rough shapes, then Actions → Retrieve Predictions; the refined shapes',
    '                 come as a prediction of their own beside the rough ones',
    ...(isInteractive
      ? [
          '  Refine one     open a task, switch on Auto-Annotation below the picture, press M, and Ctrl+click (⌘+click)',
          '                 in a mask, or drag a box around it; ✓ takes the suggestion',
        ]
      : []),
    '  Prelabel       Settings → Annotation → Use predictions to prelabel tasks, then Label All Tasks',
    '  Whole project  samrefiner label-studio refine, which knows no time limit',
  ];
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new InvalidArgumentError('Expected JSON.');
  }
}
