import type { OutputForm } from '../../formats/rough-shape.js';
import { takesLabels, type ControlTag, type LabelConfig } from './label-config.js';
import type { MaskOutput, MaskSettings } from './mask-choice.js';
import type { Region } from './region.js';
import { shapeTypeOf, type ShapeKind } from './shape-kind.js';

/** `auto`: boxes and ellipses become masks where the configuration has a mask control. `keep-type`: they never do. */
export type BoxOutput = 'auto' | 'keep-type';

/** How a refined region goes back into the result set. */
export interface OutputTarget {
  readonly kind: ShapeKind;
  readonly labelled: boolean;
  readonly fromName: string;
  /** A Labels control to name the labels in a result of their own; null where they have a place already. */
  readonly labelsControl: string | null;
  /** Another type needs a new id: the editor mixes up regions that change type under their id (note 4.3). */
  readonly changesType: boolean;
}

/** What decides the type of an answer. */
export interface OutputWish {
  readonly boxOutput: BoxOutput;
  readonly output: MaskOutput;
}

/** What boxes become, by preference. */
const MASK_KINDS: readonly ShapeKind[] = ['brush', 'polygon'];

/**
 * The control whose type a refined region will have: that of the type that is wished for, else for boxes and ellipses a
 * mask control, else its own.
 */
export function outputTarget(region: Region, config: LabelConfig, wish: OutputWish): OutputTarget {
  const mask = maskTarget(region, config, wishedKinds(region, wish));
  return (
    mask ?? {
      kind: region.kind,
      labelled: region.labelled,
      fromName: region.fromName,
      labelsControl: null,
      changesType: false,
    }
  );
}

/** What to ask of the inference side so that the answer fits the target. */
export function outputForm(
  target: Pick<OutputTarget, 'kind'>,
  region: Pick<Region, 'value'>,
  settings: Pick<MaskSettings, 'polygonMinIou' | 'polygonMaxVertices'>,
): OutputForm {
  switch (target.kind) {
    case 'brush':
      return { kind: 'brush-rle' };
    case 'bitmask':
      return { kind: 'png' };
    case 'polygon':
      return { kind: 'polygon', minIou: settings.polygonMinIou, maxVertices: settings.polygonMaxVertices };
    case 'rectangle':
      return { kind: 'rectangle', rotationDegrees: rotationOf(region) };
    case 'ellipse':
      return { kind: 'ellipse' };
  }
}

export function rotationOf(region: Pick<Region, 'value'>): number {
  const rotation = region.value['rotation'];
  return typeof rotation === 'number' ? rotation : 0;
}

function wishedKinds({ kind }: Region, { boxOutput, output }: OutputWish): readonly ShapeKind[] {
  const wished: readonly ShapeKind[] = output === 'auto' ? [] : [output];
  if (kind !== 'rectangle' && kind !== 'ellipse') return wished.filter((one) => one !== kind);
  return boxOutput === 'auto' ? [...wished, ...MASK_KINDS] : [];
}

/** Within each type, the form (labelled or split) that the region has comes first. */
function maskTarget(region: Region, config: LabelConfig, kinds: readonly ShapeKind[]): OutputTarget | null {
  const controls = [...config.controls.values()].filter((control) => control.toName.includes(region.toName));
  for (const kind of kinds) {
    for (const labelled of [region.labelled, !region.labelled]) {
      const target = labelled ? labelledTarget(region, controls, kind) : splitTarget(region, controls, kind);
      if (target) return target;
    }
  }
  return null;
}

function labelledTarget(
  region: Region,
  controls: readonly ControlTag[],
  kind: ShapeKind,
): OutputTarget | null {
  const control = controls.find((candidate) => {
    const type = shapeTypeOf(candidate.type);
    return type?.kind === kind && type.labelled && takesLabels(candidate, region.labels);
  });
  if (!control) return null;
  return { kind, labelled: true, fromName: control.name, labelsControl: null, changesType: true };
}

/** In the split form a Labels control of the same image has to carry the labels, if the region has none apart yet. */
function splitTarget(region: Region, controls: readonly ControlTag[], kind: ShapeKind): OutputTarget | null {
  const control = controls.find((candidate) => candidate.type === kind);
  if (!control) return null;
  const needsLabels = region.labelled && region.labels.length > 0;
  const labels = controls.find(
    (candidate) => candidate.type === 'labels' && takesLabels(candidate, region.labels),
  );
  if (needsLabels && !labels) return null;
  return {
    kind,
    labelled: false,
    fromName: control.name,
    labelsControl: needsLabels && labels ? labels.name : null,
    changesType: true,
  };
}
