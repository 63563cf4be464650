/** The numbers of the version in CVAT's `User-Agent`, `CVAT/2.54.1.alpha python-requests/…`; null where there is none. */
export function cvatVersion(userAgent: string): readonly number[] | null {
  const text = /^CVAT\/(\d{1,6}(?:\.\d{1,6}){0,2})(?!\d)/.exec(userAgent)?.[1];
  return text === undefined ? null : text.split('.').map(Number);
}

/** Whether a version is at least `since`; numbers that are missing count as 0. */
export function isAtLeast(version: readonly number[], since: readonly number[]): boolean {
  for (let i = 0; i < Math.max(version.length, since.length); i += 1) {
    const difference = (version[i] ?? 0) - (since[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
