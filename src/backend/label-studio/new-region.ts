import type { RefinedShape } from '../../formats/rough-shape.js';
import type { Size } from '../../refiner/types.js';
import type { JsonObject } from './json-object.js';
import { takesLabels, type ControlTag, type LabelConfig } from './label-config.js';
import type { MaskOutput } from './mask-choice.js';
import type { OutputTarget } from './output-target.js';
import type { Prompt } from './prompt.js';
import { type RegionNote, withNote } from './region-note.js';
import { shapeTypeOf, type ShapeKind } from './shape-kind.js';
import { geometryOf } from './write-geometry.js';

/** Where a region that a prompt makes goes, and what it is called. */
export interface NewRegionTarget extends Pick<
  OutputTarget,
  'kind' | 'labelled' | 'fromName' | 'labelsControl'
> {
  readonly toName: string;
  readonly labels: readonly string[];
}

/** Controls for masks before those for outlines and boxes, which lose more of what was found. */
const KINDS: readonly ShapeKind[] = ['brush', 'bitmask', 'polygon', 'ellipse', 'rectangle'];

/**
 * The control whose type a new region of the image will have: the first, in the order above but for the type that is
 * wished for, that has the prompt's label, or else the first there is. The label is the prompt's if the control has it, else the control's only one, else
 * none (protocol note section 9). Null when the configuration has no control for regions of that image.
 */
export function newRegionTarget(
  prompt: Pick<Prompt, 'labels'>,
  toName: string,
  config: LabelConfig,
  output: MaskOutput,
): NewRegionTarget | null {
  const controls = [...config.controls.values()].filter((control) => control.toName.includes(toName));
  const kinds = output === 'auto' ? KINDS : [output, ...KINDS.filter((kind) => kind !== output)];
  const targets = kinds.flatMap((kind) =>
    controls
      .filter((control) => !control.promptsOnly && shapeTypeOf(control.type)?.kind === kind)
      .map((control) => targetOf(control, kind, prompt.labels, toName, controls)),
  );
  const isLabelledAsAsked = ({ labels }: NewRegionTarget): boolean =>
    prompt.labels.length > 0 && prompt.labels.every((label) => labels.includes(label));
  return targets.find(isLabelledAsAsked) ?? targets[0] ?? null;
}

function targetOf(
  control: ControlTag,
  kind: ShapeKind,
  asked: readonly string[],
  toName: string,
  controls: readonly ControlTag[],
): NewRegionTarget {
  const labelled = shapeTypeOf(control.type)?.labelled === true;
  const naming = labelled ? [control] : controls.filter(({ type }) => type === 'labels');
  const willing = asked.length === 0 ? undefined : naming.find((tag) => takesLabels(tag, asked));
  const only = naming.find(({ labels, takesAnyLabel }) => labels.length === 1 && !takesAnyLabel);
  const namedBy = willing ?? only;
  return {
    kind,
    labelled,
    fromName: control.name,
    toName,
    labels: willing ? asked : (only?.labels ?? []),
    labelsControl: labelled || namedBy === undefined ? null : namedBy.name,
  };
}

export interface NewRegion {
  readonly id: string;
  readonly target: NewRegionTarget;
  readonly prompt: Pick<Prompt, 'page' | 'imageRotation'>;
  readonly shape: RefinedShape;
  /** Size of the image in the frame that was used. */
  readonly image: Size;
  readonly note: RegionNote;
}

/**
 * The results of a new region: the shape, and in the split form its labels beside it. Null when the shape cannot be
 * written within the bounds of the image. A region without a label still has the key for it: a value of one key would
 * be taken for a classification (note 4.3).
 */
export function newRegionResults(region: NewRegion): readonly JsonObject[] | null {
  const { id, target, prompt, shape, image, note } = region;
  const geometry = geometryOf(shape, image, 0);
  if (geometry === null) return null;
  const type = target.labelled ? `${target.kind}labels` : target.kind;
  const common = {
    id,
    to_name: target.toName,
    original_width: image.width,
    original_height: image.height,
    image_rotation: prompt.imageRotation,
    ...(prompt.page === null ? {} : { item_index: prompt.page }),
    origin: 'prediction',
    score: note.score,
  };
  const labels = target.labelled ? { [type]: target.labels } : {};
  const value = { ...geometry, ...labels };
  const drawn = withNote({ ...common, from_name: target.fromName, type, value }, note);
  if (target.labelsControl === null) return [drawn];
  const named = { ...geometry, labels: target.labels };
  return [drawn, { ...common, from_name: target.labelsControl, type: 'labels', value: named }];
}
