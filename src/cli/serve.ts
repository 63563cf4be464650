import type { Command } from 'commander';
import { serve } from '../backend/server.js';
import { loadConfig } from '../config.js';

/** `samrefiner serve`: the HTTP server; everything is set by the environment. */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description(
      'starts the server for Label Studio and CVAT (settings come from the environment, see `samrefiner config`)',
    )
    .action(async () => {
      await serve(loadConfig(process.env));
    });
}
