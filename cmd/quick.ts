import { mainOf } from "./cli/main.ts";
import { OBJECTS } from "./cli/table/objects.ts";
import { run } from "./commands/get.ts";

const get = OBJECTS.find(({ name }) => name === "get")!;

/** `tiltish get …`, with nothing to load any more. Bundled into one file. */
export const main = ([, ...words]: readonly string[]): Promise<never> =>
  mainOf({ ...get, load: () => Promise.resolve({ run }) }, words);
