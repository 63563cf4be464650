/** What may be needed to find and to be allowed to read the image of a task (Label Studio protocol note section 8). */
export interface TaskImageContext {
  readonly taskId: string | null;
  /** `<id>` or `<id>.<time>`, as requests name it. */
  readonly projectId: string | null;
  /** Address of Label Studio as the request itself names it; a configured address wins over it. */
  readonly hostname: string | null;
  /**
   * Address that came with `accessToken` in one `/setup` call. The token goes to this host or the configured one, never
   * to one that another request named; so without it the token is used with a configured address only.
   */
  readonly setupHostname?: string | null;
  /** Legacy token from `/setup`; a configured token wins over it. */
  readonly accessToken: string | null;
  /** HTTP Basic credentials of the project's image host. */
  readonly login: string | null;
  readonly password: string | null;
}
