/** The name under which what a project of CVAT teaches is kept. */
export function cvatAdapterProject(project: number): string {
  return `cvat-${project}`;
}
