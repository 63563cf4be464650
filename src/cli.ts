#!/usr/bin/env node
import { Command } from 'commander';
import { RefinerError } from './errors.js';
import { addEvalCommand } from './cli/eval.js';
import { addRefineCommand } from './cli/refine.js';
import { addCvatCommand } from './cli/cvat.js';
import { addModelsCommand } from './cli/models.js';
import { addServeCommand } from './cli/serve.js';
import { addFitCommand } from './cli/fit.js';
import { addAdaptersCommand } from './cli/adapters.js';
import { addConfigCommand } from './cli/config.js';
import { addLabelStudioCommand } from './cli/label-studio.js';
import { packageVersion } from './onnx/package-root.js';

const program = new Command('samrefiner')
  .description('Refines rough masks: for Label Studio, for CVAT, and on the command line.')
  .version(await packageVersion())
  .showHelpAfterError();

addServeCommand(program);
addRefineCommand(program);
addEvalCommand(program);
addFitCommand(program);
addAdaptersCommand(program);
addCvatCommand(program);
addModelsCommand(program);
addLabelStudioCommand(program);
addConfigCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`samrefiner: ${describe(error)}\n`);
  process.exitCode = 1;
}

function describe(error: unknown): string {
  if (error instanceof RefinerError) return `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}
