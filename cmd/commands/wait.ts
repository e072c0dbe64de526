import { failure } from "../cli/errors.ts";

/** To be written. */
export function run(): never {
  throw failure("not there yet");
}
