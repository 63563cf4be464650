import { Command } from 'commander';
import { addAdaptersCommand } from '../../src/cli/adapters.js';
import { addFitCommand } from '../../src/cli/fit.js';
import { addRefineCommand } from '../../src/cli/refine.js';

const program = new Command('samrefiner');
addAdaptersCommand(program);
addFitCommand(program);
addRefineCommand(program);
await program.parseAsync();
