import type { Command } from 'commander';
import { modelsFolder } from '../models-store/models-folder.js';
import { removeModel } from '../models-store/remove-model.js';
import { configuredModelsDir } from './configured-models.js';

/** `samrefiner models remove <name>`. */
export function addModelsRemoveCommand(models: Command): void {
  models
    .command('remove')
    .description('removes a model from the models folder; a file that was not copied there stays')
    .argument('<name>')
    .action(async (name: string) => {
      const { directory, keptFile } = await removeModel(name, await modelsFolder(configuredModelsDir()));
      const kept = keptFile === null ? '' : `; ${keptFile} stays`;
      process.stdout.write(`${directory} is removed${kept}.\n`);
    });
}
