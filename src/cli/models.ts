import type { Command } from 'commander';
import { addModelsAddCommand } from './models-add.js';
import { addModelsListCommand } from './models-list.js';
import { addModelsInfoCommand } from './models-info.js';
import { addModelsPullCommand } from './models-pull.js';
import { addModelsRemoveCommand } from './models-remove.js';
import { addModelsVerifyCommand } from './models-verify.js';

/** `samrefiner models …`: installs, lists, checks and removes models. */
export function addModelsCommand(program: Command): void {
  const models = program.command('models').description('installs, lists, checks and removes models');
  addModelsListCommand(models);
  addModelsPullCommand(models);
  addModelsAddCommand(models);
  addModelsInfoCommand(models);
  addModelsVerifyCommand(models);
  addModelsRemoveCommand(models);
}
