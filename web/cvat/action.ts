const ACTION = 'SAMRefiner: refine';

/**
 * An annotation action (protocol note, section 5.1): CVAT's own dialog brings it the selected object, or the filtered
 * objects of a range of frames. What it returns is one step of undo, and stored when the user saves.
 */
function createAction(cvat: Cvat.Core, Base: new () => object): Cvat.ShapesAction {
  let refinement: Refinement | null = null;

  class RefineAction extends Base implements Cvat.ShapesAction {
    readonly name = ACTION;
    readonly parameters = {
      Boxes: { type: 'select', values: Object.values(BOXES), defaultValue: BOXES.masks },
    } as const;

    async init(session: Cvat.Session, { Boxes: boxes }: Readonly<Record<string, unknown>>): Promise<void> {
      refinement = new Refinement({ session, boxes, ask: await openFunction(cvat, session) });
    }

    applyFilter({ collection }: Pick<Cvat.ShapesActionInput, 'collection'>): Cvat.Collection {
      return { shapes: collection.shapes.filter((shape) => refinement?.concerns(shape)) };
    }

    isApplicableForObject({ objectType, shapeType }: Cvat.ObjectState): boolean {
      return objectType === 'shape' && REFINABLE.has(shapeType);
    }

    async run(input: Cvat.ShapesActionInput): Promise<Cvat.ShapesActionOutput> {
      if (refinement === null) throw new Error('init comes before run');
      return refinement.frame(input);
    }

    destroy(): Promise<void> {
      const ended = refinement;
      refinement = null;
      // Not a plain call: CVAT waits for a promise, also for that of an error.
      return Promise.resolve().then(() => ended?.end());
    }
  }
  return new RefineAction();
}
