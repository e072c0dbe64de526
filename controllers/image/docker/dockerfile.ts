import type { ImageResult } from "../../runtime/index.ts";

/**
 * The Dockerfile with the images that are built here in place of their names: in `FROM`, in `--from=` of a copy or a
 * mount, and as the default of an `ARG` before the first stage.
 */
export function withBases(text: string, images: readonly ImageResult[]): string {
  if (images.length === 0) return text;
  const bases = new Map(images.map(({ config, local }) => [repositoryOf(config), local]));
  const stages = new Set<string>();
  const lines = text.split("\n");
  let isGlobal = true;
  for (const { start, end } of instructionsIn(lines)) {
    const instruction = lines.slice(start, end).join("\n");
    const word = /^\s*(\w+)/.exec(instruction)?.[1]?.toUpperCase() ?? "";
    const replaced = replacedIn({ word, instruction, isGlobal }, bases, stages);
    if (word === "FROM") {
      isGlobal = false;
      const alias = /\sAS\s+(\S+)\s*$/i.exec(instruction)?.[1];
      if (alias) stages.add(alias.toLowerCase());
    }
    if (replaced !== instruction) lines.splice(start, end - start, ...replaced.split("\n"));
  }
  return lines.join("\n");
}

interface Instruction {
  word: string;
  instruction: string;
  /** Before the first FROM. */
  isGlobal: boolean;
}

type Bases = ReadonlyMap<string, string>;

function replacedIn(
  { word, instruction, isGlobal }: Instruction,
  bases: Bases,
  stages: ReadonlySet<string>,
): string {
  const baseOf = (name: string): string =>
    stages.has(name.toLowerCase()) ? name : (bases.get(repositoryOf(name)) ?? name);
  const swap = (pattern: RegExp): string =>
    instruction.replace(pattern, (_, before: string, name: string) => before + baseOf(name));
  if (word === "FROM") return swap(/^(\s*FROM\s+(?:--\S+\s+)*)([^\s$]+)/i);
  if (word === "ARG" && isGlobal) return swap(/^(\s*ARG\s+\w+=["']?)([^\s"'$]+)/i);
  if (word === "COPY" || word === "ADD") return swap(/^(\s*\w+\s+(?:--\S+\s+)*?--from=)(\S+)/i);
  return word === "RUN" ? swap(/(--mount=\S*?\bfrom=)([^\s,]+)/g) : instruction;
}

/** Without tag and digest, and as Docker Hub is left out. */
function repositoryOf(name: string): string {
  const plain = name
    .replace(/@.*$/, "")
    .replace(/^docker\.io\//, "")
    .replace(/^library\//, "");
  return plain.replace(/:[^/:]+$/, "");
}

/** The lines of each instruction: it goes on after a backslash, and until the ends of its here-documents. */
function* instructionsIn(lines: readonly string[]): Generator<{ start: number; end: number }, void, void> {
  for (let start = 0; start < lines.length;) {
    let end = start + 1;
    while (end < lines.length && isContinued(lines[end - 1]!)) end++;
    const text = lines.slice(start, end).join("\n");
    for (const word of hereDocumentsOf(text)) {
      while (end < lines.length && lines[end]!.trim() !== word) end++;
      end = Math.min(end + 1, lines.length);
    }
    // Lines are replaced by as many: those of later instructions stay where they are.
    yield { start, end };
    start = end;
  }
}

/** A comment within an instruction ends nothing, and continues nothing. */
const isContinued = (line: string): boolean => !/^\s*#/.test(line) && /\\\s*$/.test(line);

function hereDocumentsOf(text: string): string[] {
  if (!/^\s*(RUN|COPY|ADD)\s/i.test(text)) return [];
  return [...text.matchAll(/<<-?["']?([A-Za-z_]\w*)["']?/g)].map(([, word]) => word!);
}
