/** Stands for "no seed at all" in a distance map: the value that the official code starts FastGeodis with. */
export const UNREACHED_PX = 1e10;
