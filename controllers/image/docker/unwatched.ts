import { normalize } from "node:path";
import type { DockerImage } from "../../../apis/v1alpha1/index.ts";
import { contextDirectoryOf, dockerfilePathOf } from "./context.ts";
import { isException, readIgnoreLines } from "./ignore.ts";

/** A FileWatch takes longer to match more of them than a look takes. */
const MOST_LINES = 300;
const LONGEST_LINE = 1_000;

/**
 * What no build of the image takes in, as gitignore lines for its FileWatch: a change of it needs no look.
 *
 * None, where such lines would take out more than Docker does: exceptions work in another way there.
 */
export async function unwatchedOf(spec: DockerImage["spec"], root: string): Promise<string[]> {
  try {
    const dockerfile = dockerfilePathOf(spec);
    const read = await readIgnoreLines(contextDirectoryOf(spec, root), dockerfile);
    const lines = [...read, ...(spec.ignores ?? [])].map((line) => line.trim()).filter(isPattern);
    if (lines.length === 0 || lines.length > MOST_LINES || lines.some(isException)) return [];
    const needed = [dockerfile, `${dockerfile}.dockerignore`, ".dockerignore"];
    return [...lines.flatMap(anchored), ...needed.map((path) => `!/${escaped(path)}`)];
  } catch {
    return []; // Whoever builds says what is wrong.
  }
}

const isPattern = (line: string): boolean => line !== "" && !line.startsWith("#");

/** Docker means its patterns from the top, git means a plain name at any depth. What is hard to compare is watched. */
function anchored(line: string): string[] {
  if (line.length > LONGEST_LINE || /[[\\]/.test(line)) return [];
  const pattern = normalize(line).replace(/^\/+/, "").replace(/\/$/, "");
  if (pattern === "" || pattern === "." || pattern.startsWith("..")) return [];
  return [pattern.startsWith("**") ? pattern : `/${pattern}`];
}

const escaped = (path: string): string => path.replaceAll(/[*?[\]\\!# ]/g, String.raw`\$&`);
