import { type Command, InvalidArgumentError, Option } from 'commander';
import { BOX_FORMS, TASK_MODES } from '../backend/cvat/task/task-wish.js';
import { addAdapterOption } from './adapter-option.js';
import { refineCvatTask } from './cvat-refine.js';
import { undoCvatTask } from './cvat-undo.js';
import { addModelOptions, positiveInteger } from './model-options.js';

/** `samrefiner cvat refine | undo`: whole tasks of CVAT over REST. */
export function addCvatCommand(program: Command): void {
  const cvat = program
    .command('cvat')
    .description(
      'refines whole tasks of CVAT (CVAT_URL and CVAT_ACCESS_TOKEN say where, see `samrefiner config`)',
    );
  const refine = addTaskOptions(
    cvat
      .command('refine')
      .description('refines masks, polygons and boxes of a task; broken off, the same command goes on'),
  )
    .option('--labels <names>', 'only these labels, comma-separated', names)
    .addOption(
      new Option('--mode <mode>', 'replace rough shapes, add refined ones beside them, or write nothing')
        .choices(TASK_MODES)
        .default('replace'),
    )
    .addOption(
      new Option('--boxes <form>', 'boxes come back as tightened boxes, or as masks')
        .choices(BOX_FORMS)
        .default('keep-type'),
    );
  addAdapterOption(addModelOptions(refine)).action(refineCvatTask);
  addTaskOptions(
    cvat
      .command('undo')
      .description('takes back the last run that wrote to a task; call it again for the run before'),
  ).action(undoCvatTask);
}

function addTaskOptions(command: Command): Command {
  return command
    .requiredOption('--task <n>', 'number of the task', positiveInteger)
    .option('--job <n>', 'only this job of it', positiveInteger)
    .option('--report <file>', 'what became of every shape, as JSON');
}

function names(text: string): readonly string[] {
  const found = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (found.length === 0) throw new InvalidArgumentError('Expected at least one name.');
  return found;
}
