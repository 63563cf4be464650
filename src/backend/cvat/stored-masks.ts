/** A stored mask, polygon or box of a frame, with names instead of CVAT's numbers. */
export interface NamedShape {
  readonly label: string;
  readonly type: 'mask' | 'polygon' | 'rectangle';
  readonly points: readonly number[];
  /** Degrees clockwise about the centre. */
  readonly rotation: number;
  /** 0 for none. */
  readonly group: number;
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
}

/** The shapes of a frame and the project that it is in. */
export interface FrameShapes {
  readonly project: number;
  readonly shapes: readonly NamedShape[];
}

/** A label as a function declares it. */
export interface DeclaredLabel {
  readonly name: string;
  readonly type: string;
  readonly attributes: readonly {
    readonly name: string;
    readonly input_type: string;
    readonly values: readonly string[];
  }[];
}

/** The masks of CVAT's projects, found by what alone a detector is told: the image (protocol note, section 3.5). */
export interface StoredMasks {
  /** The labels of the projects whose shapes can be refined. */
  labels(signal: AbortSignal): Promise<readonly DeclaredLabel[]>;
  /**
   * The shapes stored for the image with this SHA-256 in hexadecimal. Throws FRAME_UNKNOWN when no project has it,
   * FRAME_AMBIGUOUS when it is in several places, FRAME_EMPTIED when all shapes of its job are gone, FRAMES_UNREAD as
   * long as it may be among images that were not read yet, and what the client of CVAT throws.
   */
  find(imageHash: string, signal: AbortSignal): Promise<FrameShapes>;
  close(): Promise<void>;
}
