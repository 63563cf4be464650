import { Command } from 'commander';
import { addModelsCommand } from '../../src/cli/models.js';

const program = new Command('samrefiner');
addModelsCommand(program);
await program.parseAsync();
