import type { Command } from 'commander';
import { configTable } from '../config-table.js';

/** `samrefiner config`: every setting with its default and meaning, as the Markdown table of the README. */
export function addConfigCommand(program: Command): void {
  program
    .command('config')
    .description('prints every setting of the environment with its default')
    .action(() => {
      process.stdout.write(`${configTable()}\n`);
    });
}
