import { readFile, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { CustomImage } from "../../../apis/v1alpha1/index.ts";
import { splitTag } from "../engine/engine.ts";
import { ImageFailure } from "../failure.ts";

const LONGEST_REF = 4_096;

/** Where the command writes the reference that it made: relative to where it runs. */
export function refFileOf(
  { outputsImageRefTo, commandTemplate }: CustomImage["spec"],
  root: string,
): string | undefined {
  return outputsImageRefTo === undefined
    ? undefined
    : resolve(root, commandTemplate.dir ?? ".", outputsImageRefTo);
}

/** What an earlier command has left there is not to be taken for the result of this one. */
export async function clearRefFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** @throws ImageFailure `RefFileMissing`, `RefFileInvalid` */
export async function readRefFile(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new ImageFailure({
      reason: "RefFileMissing",
      message: `the command has ended well without writing ${path}; have it write the reference of its image there, or mend spec.outputsImageRefTo`,
    });
  });
  const ref = text.trim().slice(0, LONGEST_REF);
  if (/^[\w./:@-]+$/.test(ref) && splitTag(ref).tag) return ref;
  throw new ImageFailure({
    reason: "RefFileInvalid",
    message: `${path} holds ${JSON.stringify(ref.slice(0, 200))}, and not a reference with a tag, such as api:v1; mend what the command writes`,
  });
}
