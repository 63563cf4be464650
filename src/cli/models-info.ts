import type { Command } from 'commander';
import { installedModels } from '../models-store/installed-models.js';
import { type ModelCost, modelCostOf } from '../models-store/model-cost.js';
import { type ModelFacts, modelFacts } from '../models-store/model-facts.js';
import { type PublishedCheckpoint, readRegistry } from '../models-store/registry.js';
import type { ModelCard } from '../onnx/model-card.js';
import { configuredModelsDir } from './configured-models.js';
import { inMegabytes } from './megabytes.js';
import { toColumns } from './text-columns.js';

/** `samrefiner models info [name]`: one model, or the one that `auto` takes. */
export function addModelsInfoCommand(models: Command): void {
  models
    .command('info')
    .description('tells family, size, expected memory and time, source and licence of a model')
    .argument('[name]', 'installed or published (default: the one that auto takes)')
    .action(async (name: string | undefined) => {
      process.stdout.write(`${toColumns(await rowsFor(name, configuredModelsDir()))}\n`);
    });
}

async function rowsFor(
  name: string | undefined,
  modelsDir: string | null,
): Promise<readonly (readonly string[])[]> {
  const installed = await installedModels(modelsDir);
  const wanted = name ?? installed.find(({ isAuto }) => isAuto)?.name ?? '';
  const published = (await readRegistry()).find((entry) => entry.name === wanted);
  const isInstalled = installed.some((model) => model.name === wanted);
  return published && !isInstalled
    ? publishedRows(published)
    : installedRows(await modelFacts(wanted, modelsDir));
}

function installedRows({ model, manifest, parameters, cost }: ModelFacts): readonly (readonly string[])[] {
  return [
    ['name', model.isAuto ? `${model.name} (taken by auto)` : model.name],
    ['family', manifest.family],
    ...(parameters === null ? [] : [['parameters', `${(parameters / 1e6).toFixed(1)} million`]]),
    ['size', inMegabytes(model.bytes)],
    ...costRows(cost),
    ['licence', manifest.licence],
    ['source', manifest.source],
    ['folder', model.directory],
    ...(manifest.formatVersion === 2 ? [['checkpoint', manifest.checkpoint.path]] : []),
    ...(manifest.formatVersion === 1 && manifest.card ? cardRows(manifest.card) : []),
  ];
}

function cardRows({
  data,
  training,
  figures,
  limits,
  insteadOfIt,
}: ModelCard): readonly (readonly string[])[] {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const change = (before: number, after: number): string => `${before.toFixed(3)} -> ${after.toFixed(3)}`;
  return [
    ...data.map(({ name, images, licence }) => ['learned from', `${name}: ${images} images, ${licence}`]),
    ['training', training],
    ['measured', `${figures.date}, ${figures.how}`],
    ['IoU', `${change(figures.roughIou, figures.refinedIou)} of rough masks`],
    ['boundary IoU', change(figures.roughBoundaryIou, figures.refinedBoundaryIou)],
    ['masks', `${percent(figures.better)} better, ${percent(figures.worse)} worse`],
    [
      'pointed at',
      `IoU ${figures.boxOnlyIou.toFixed(3)} by a box, ${figures.clickOnlyIou.toFixed(3)} by a click`,
    ],
    ...limits.map((limit) => ['limit', limit]),
    ['instead', insteadOfIt],
  ];
}

function publishedRows(published: PublishedCheckpoint): readonly (readonly string[])[] {
  const { name, bytes, licence, source, url } = published;
  return [
    ['name', `${name} (not installed: \`samrefiner models pull ${name}\`)`],
    ['size', bytes === null ? 'not documented' : inMegabytes(bytes)],
    ...costRows(modelCostOf(name)),
    ['licence', licence],
    ['source', source],
    ['address', url],
  ];
}

function costRows(cost: ModelCost | null): readonly (readonly string[])[] {
  if (cost === null) return [];
  return [
    ['memory', `${cost.loadedMb} MB a worker, ${cost.peakMb} MB while it encodes, plus cached images`],
    ['time', `up to ${cost.encodeCoreSeconds} s of one core to encode an image, once`],
  ];
}
