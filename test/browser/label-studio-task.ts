/** Label Studio's JSON of a task with one image, as far as the editor and a backend read it (protocol notes 3.1, 6). */
export interface Task {
  readonly id: number;
  readonly data: Readonly<Record<string, string>>;
  readonly annotations: readonly Annotation[];
  readonly predictions: readonly Prediction[];
  readonly drafts: readonly [];
}

export interface Annotation {
  readonly id: number;
  readonly result: readonly Result[];
  readonly was_cancelled: boolean;
}

export interface Prediction {
  readonly id: number;
  readonly model_version: string;
  readonly score: number | null;
  readonly created_at: string;
  readonly result: readonly Result[];
}

export interface Result {
  readonly id: string;
  readonly type: string;
  readonly from_name: string;
  readonly to_name: string;
  readonly original_width: number;
  readonly original_height: number;
  readonly image_rotation: number;
  readonly value: Readonly<Record<string, unknown>>;
}
