import { Command } from 'commander';
import { addLabelStudioCommand } from '../../src/cli/label-studio.js';

const program = new Command('samrefiner');
addLabelStudioCommand(program);
try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
