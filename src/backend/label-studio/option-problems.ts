/** Told of the options that a project has and that cannot be used, at every call; an empty list means that all can. */
export type OnOptionProblems = (project: string, problems: readonly string[]) => void;

/** More projects than are worked on in a day, few enough to be kept in memory. */
const MAX_PROJECTS = 1000;

/** Warns of each project's options once, and again when others cannot be used. */
export function logOptionProblems(log: { warn(facts: object, message: string): void }): OnOptionProblems {
  const told = new Map<string, string>();
  return (project, problems) => {
    const text = problems.join('\n');
    if ((told.get(project) ?? '') === text) return;
    told.delete(project);
    told.set(project, text);
    for (const oldest of told.keys()) if (told.size > MAX_PROJECTS) told.delete(oldest);
    for (const line of problems) log.warn({ project }, `option ignored: ${line}`);
  };
}
