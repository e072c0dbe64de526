import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

export const PROJECT_FILE = "tiltish.yaml";

/** Where one looks for the file of a project: upwards from here, as far as the repository goes. */
export interface Search {
  /** The folder that has the file; undefined if none has. */
  found: string | undefined;
  /** The last folder that was looked into. */
  top: string;
}

export function searchProject(start: string): Search {
  let directory = start;
  while (!existsSync(join(directory, PROJECT_FILE))) {
    const parent = dirname(directory);
    if (existsSync(join(directory, ".git")) || parent === directory)
      return { found: undefined, top: directory };
    directory = parent;
  }
  return { found: directory, top: directory };
}
