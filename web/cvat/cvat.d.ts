/**
 * The part of CVAT's page that `cvat-refine.ts` uses, since 2.40: `window.cvat`, the core, and `window.cvatUI`, where
 * plugins meet the page's state (protocol note on CVAT, section 5).
 */
declare namespace Cvat {
  interface Core {
    readonly classes: { readonly BaseShapesAction?: new () => object };
    readonly actions?: {
      register(action: ShapesAction): Promise<void>;
      /** Runs the action on these objects of one frame; what it returns becomes one step of undo. */
      call(
        instance: Session,
        action: ShapesAction,
        parameters: Readonly<Record<string, string>>,
        frame: number,
        states: readonly ObjectState[],
        onProgress: (message: string, percent: number) => void,
        cancelled: () => boolean,
      ): Promise<void>;
    };
    readonly lambda: {
      list(): Promise<{ readonly models: readonly Model[] }>;
      /** CVAT's server adds the image. Rejects with a `ServerError` of what the function refuses. */
      call(taskId: number, model: Model, call: object): Promise<unknown>;
    };
  }

  interface Model {
    readonly id: string | number;
  }

  /** A rejected request; `code` is the HTTP status, 0 without an answer. */
  interface ServerError extends Error {
    readonly code?: number;
  }

  /** A job, or a whole task, which has no `taskId` of its own. */
  interface Session {
    readonly id: number;
    readonly taskId?: number;
    readonly stopFrame?: number;
    readonly labels: readonly { readonly id: number; readonly type: string }[];
  }

  /** An object on the canvas. */
  interface ObjectState {
    readonly clientID: number;
    readonly objectType: string;
    readonly shapeType: string;
  }

  /** A shape as it is saved. New ones have neither `id` nor `clientID`. */
  interface Shape {
    readonly type: string;
    readonly points: readonly number[];
    readonly label_id: number;
    readonly rotation?: number;
    readonly source?: string;
    id?: number;
    clientID?: number;
  }

  interface Collection {
    readonly shapes: readonly Shape[];
  }

  interface ShapesActionInput {
    readonly collection: Collection;
    readonly frameData: { readonly number: number };
    readonly onProgress: (message: string, percent: number) => void;
    readonly cancelled: () => boolean;
  }

  interface ShapesActionOutput {
    readonly created: Collection;
    readonly deleted: Collection;
  }

  interface ActionParameter {
    readonly type: 'select';
    readonly values: readonly string[];
    readonly defaultValue: string;
  }

  interface ShapesAction {
    readonly name: string;
    readonly parameters: Readonly<Record<string, ActionParameter>> | null;
    init(instance: Session, parameters: Readonly<Record<string, string | number>>): Promise<void>;
    applyFilter(input: Pick<ShapesActionInput, 'collection'>): Collection;
    isApplicableForObject(state: ObjectState): boolean;
    /** Called once for each frame that has objects. */
    run(input: ShapesActionInput): Promise<ShapesActionOutput>;
    /** Called last, also after an error; the core has committed everything by then. */
    destroy(): Promise<void>;
  }

  interface Ui {
    registerComponent(builder: (page: Page) => Component): void;
  }

  interface Component {
    readonly name: string;
    readonly destructor: () => void;
  }

  interface Page {
    readonly dispatch: (action: unknown) => void;
    readonly actionCreators: {
      /** Goes to a frame; with `force` also to the present one, which draws its objects anew. */
      changeFrameAsync(frame: number, fillBuffer?: boolean, step?: number, force?: boolean): unknown;
    };
    readonly store: { getState(): State; subscribe(listener: () => void): () => void };
  }

  interface State {
    readonly annotation: {
      readonly job: { readonly instance: Session | null | undefined };
      readonly player: { readonly frame: { readonly number: number } };
      readonly annotations: {
        readonly activatedStateID: number | null;
        readonly states: readonly ObjectState[];
      };
    };
  }
}

interface Window {
  readonly cvat?: Cvat.Core;
  readonly cvatUI?: Cvat.Ui;
}
