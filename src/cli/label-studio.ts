import type { Command } from 'commander';
import { addLabelStudioConfigCommand } from './label-studio-config.js';
import { addConnectCommand } from './label-studio-connect.js';
import { addLabelStudioRefineCommand } from './label-studio-refine.js';

/** `samrefiner label-studio connect|refine|config`: what an administrator of Label Studio does once. */
export function addLabelStudioCommand(program: Command): void {
  const labelStudio = program
    .command('label-studio')
    .description('connects projects of Label Studio, refines them as a whole, prints labeling configs');
  addConnectCommand(labelStudio);
  addLabelStudioRefineCommand(labelStudio);
  addLabelStudioConfigCommand(labelStudio);
}
