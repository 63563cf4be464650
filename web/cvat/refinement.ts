const REFINABLE = new Set(['mask', 'polygon', 'rectangle']);
const BOXES = { masks: 'become masks', fit: 'fit the object', stay: 'stay as they are' } as const;
/** Few enough to be answered within the minute that CVAT's proxy waits; between calls there is progress. */
const SHAPES_PER_CALL = 25;
/** Refusals of the objects or the image of one call. After any other error the next call would fail as well. */
const REFUSALS: readonly unknown[] = [400, 413, 422];

interface RefinementOptions {
  readonly session: Cvat.Session;
  /** One of BOXES. */
  readonly boxes: unknown;
  /** Calls the function for some shapes of a frame. */
  readonly ask: Ask;
}

/** One use of the action, over all its frames. */
class Refinement {
  readonly #options: RefinementOptions;
  #firstFrame: number | null = null;
  #refined = 0;
  #kept = 0;
  #failure: string | null = null;
  /** Further frames stay as they are, without asking. */
  #isOver = false;
  #isCancelled = false;

  constructor(options: RefinementOptions) {
    this.#options = options;
  }

  concerns({ type }: Cvat.Shape): boolean {
    return REFINABLE.has(type) && !(type === 'rectangle' && this.#options.boxes === BOXES.stay);
  }

  /**
   * What replaces the shapes of a frame; nothing once cancelled. Shapes that are refused or not improved stay as they
   * are. Throws an error that concerns every frame, unless shapes that are refined already would be lost by it.
   */
  async frame(input: Cvat.ShapesActionInput): Promise<Cvat.ShapesActionOutput> {
    const { shapes } = input.collection;
    const replaced: Replaced[] = [];
    for (let done = 0; done < shapes.length && !this.#isOver; done += SHAPES_PER_CALL) {
      this.#showProgress(input, done);
      const some = shapes.slice(done, done + SHAPES_PER_CALL);
      const answer = await this.#options.ask(some, input).catch((error: unknown) => this.#noteFailure(error));
      if (answer === null || input.cancelled()) {
        this.#isCancelled = true;
        return { created: { shapes: [] }, deleted: { shapes: [] } };
      }
      for (const [i, old] of some.entries()) {
        const better = answer[i];
        if (better) replaced.push({ old, better: this.#replacement(old, better) });
      }
      this.#refined += answer.filter(Boolean).length;
    }
    this.#kept += shapes.length - replaced.length;
    return {
      created: { shapes: replaced.map(({ better }) => better) },
      deleted: { shapes: replaced.map(({ old }) => old) },
    };
  }

  /** Says what was not refined. Throws when an error left nothing refined: CVAT shows that itself. */
  end(): void {
    if (this.#isCancelled) return;
    if (this.#failure !== null && this.#refined === 0) throw new Error(`SAMRefiner: ${this.#failure}`);
    if (this.#kept === 0) return;
    const why = this.#failure ?? 'The model found nothing better.';
    showNotice(`${this.#refined} refined, ${this.#kept} unchanged. ${why}`);
  }

  #showProgress({ collection, frameData, onProgress }: Cvat.ShapesActionInput, done: number): void {
    const { length } = collection.shapes;
    // The range is not told; that it reaches to the end of the job errs on the side of patience.
    const first = (this.#firstFrame ??= frameData.number);
    const last = Math.max(this.#options.session.stopFrame ?? first, frameData.number);
    const percent = (100 * (frameData.number - first + done / length)) / (last - first + 1);
    onProgress(`SAMRefiner: frame ${frameData.number}, object ${done + 1} of ${length}`, Math.floor(percent));
  }

  #noteFailure(error: unknown): Answer {
    this.#failure ??= reasonOf(error);
    if (!REFUSALS.includes((error as Cvat.ServerError).code)) {
      this.#isOver = true;
      if (this.#refined === 0) throw new Error(`SAMRefiner: ${this.#failure}`);
    }
    return [];
  }

  #replacement(old: Cvat.Shape, { type, points, box }: RefinedShape): Cvat.Shape {
    const shape = { ...old, type, points, rotation: 0, source: 'semi-auto' };
    delete shape.id;
    delete shape.clientID;
    if (box === undefined || (this.#options.boxes !== BOXES.fit && this.#mayBeMask(old))) return shape;
    return { ...shape, type: 'rectangle', points: box };
  }

  #mayBeMask({ label_id: labelId }: Cvat.Shape): boolean {
    const type = this.#options.session.labels.find(({ id }) => id === labelId)?.type;
    return type === undefined || ['any', 'unknown', 'mask'].includes(type);
  }
}

interface Replaced {
  readonly old: Cvat.Shape;
  readonly better: Cvat.Shape;
}

/** The words of the function, which CVAT wraps: `422 Client Error: SAMRefiner: … for url: …`. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /SAMRefiner: (.+?)(?: for url: |$)/.exec(text)?.[1] ?? text;
}
