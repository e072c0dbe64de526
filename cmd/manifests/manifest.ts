import type { KubeObject } from "../../apis/meta.ts";
import type { Places } from "./places.ts";
import type { Problem } from "./problem.ts";

/** One object as a file has it. */
export interface Manifest {
  file: string;
  object: KubeObject;
  places: Places;
}

/** A problem with a field of an object, at the place where that field is. */
export const problemAt = ({ file, places }: Manifest, field: string, message: string): Problem => ({
  file,
  ...places.of(field),
  field: field || undefined,
  message,
});
