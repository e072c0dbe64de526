import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { CustomImage } from "../../../apis/v1alpha1/index.ts";
import { splitTag } from "../engine/engine.ts";
import { ImageFailure, textOf } from "../failure.ts";
import { isMissing, readSmall } from "../files.ts";

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

/** What an earlier command has left there is not to be taken for the result of this one. @throws ImageFailure `RefFileInvalid` */
export async function clearRefFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch((error: unknown) => {
    throw invalid(path, `cannot be written: ${textOf(error)}`);
  });
}

/** @throws ImageFailure `RefFileMissing`, `RefFileInvalid` */
export async function readRefFile(path: string): Promise<string> {
  const ref = (await textIn(path)).trim();
  if (/^[\w./:@-]+$/.test(ref) && splitTag(ref).tag) return ref;
  throw invalid(
    path,
    `holds ${JSON.stringify(ref.slice(0, 200))}, and not a reference with a tag, such as api:v1`,
  );
}

async function textIn(path: string): Promise<string> {
  try {
    return (await readSmall(path, LONGEST_REF)).toString();
  } catch (error) {
    if (!isMissing(error)) throw invalid(path, `cannot be read: ${textOf(error)}`);
    throw new ImageFailure({
      reason: "RefFileMissing",
      message: `the command has ended well without writing ${path}; have it write the reference of its image there, or mend spec.outputsImageRefTo`,
    });
  }
}

function invalid(path: string, why: string): ImageFailure {
  const message = `${path} ${why}; mend what the command writes, or spec.outputsImageRefTo`;
  return new ImageFailure({ reason: "RefFileInvalid", message });
}
