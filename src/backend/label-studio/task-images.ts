/** What may be needed to find and to be allowed to read the image of a task (note 8). */
export interface TaskImageContext {
  readonly taskId: string;
  readonly projectId: string;
  /** Address of Label Studio as this call says it; a configured address wins over it. */
  readonly hostname: string | null;
  /** Address of Label Studio as the last `/setup` of the project said it. */
  readonly setupHostname: string | null;
  /** Legacy token from the same `/setup`; a configured token wins over it. */
  readonly accessToken: string | null;
  /** HTTP Basic credentials of the project's image host. */
  readonly login: string | null;
  readonly password: string | null;
}

/** The bytes of an image as a task names it. Rejects with the IMAGE_* codes or the signal's reason. */
export interface TaskImages {
  load(value: string, context: TaskImageContext, signal: AbortSignal): Promise<Uint8Array>;
}
