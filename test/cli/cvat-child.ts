import { Command } from 'commander';
import { addCvatCommand } from '../../src/cli/cvat.js';

const program = new Command('samrefiner');
addCvatCommand(program);
await program.parseAsync();
