import type { Command } from 'commander';
import { verifyModels } from '../models-store/verify-models.js';
import { configuredModelsDir } from './configured-models.js';

/** `samrefiner models verify [name]`: are the files still those that were installed? Exit status 1 if not. */
export function addModelsVerifyCommand(models: Command): void {
  models
    .command('verify')
    .description('checks size and SHA-256 of every file of one model, or of all')
    .argument('[name]')
    .action(async (name: string | undefined) => {
      const verified = await verifyModels(name ?? null, configuredModelsDir());
      for (const model of verified) process.stdout.write(`${model.name}: ${model.problem ?? 'whole'}\n`);
      if (verified.some(({ problem }) => problem !== null)) process.exitCode = 1;
    });
}
