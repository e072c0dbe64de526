import { join } from "node:path";
import { parentsOf } from "../../sync/index.ts";
import type { Item } from "../archive.ts";
import type { Directories } from "../buildkit/filesync.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./tree.ts";

/** A context as it is sent: the Dockerfile first, in place of what the context has there. */
export const itemsOf = (context: Context): Item[] => [dockerfileOf(context), ...filesOf(context)];

/** The same, for a builder that leaves out by itself what is in `.dockerignore`: the Dockerfile is no file of the context. */
export function itemsWithoutDockerfile(context: Context): Item[] {
  const files = filesOf(context);
  const hasIgnores = files.some(({ header }) => header.name === IGNORES);
  const content = [context.dockerfile.path, ...(hasIgnores ? [] : [IGNORES])].join("\n");
  const ignores = { header: { name: IGNORES, mode: 0o644, mtime: new Date(0) }, content };
  return [dockerfileOf(context), ...files.filter(({ header }) => header.name !== IGNORES), ignores];
}

const IGNORES = ".dockerignore";

/** A context and its Dockerfile as BuildKit asks for them: what is in the spec is no file of the context. */
export const directoriesOf = (context: Context): Directories => ({
  context: withParents(filesOf(context)),
  dockerfile: [dockerfileOf(context)],
});

const dockerfileOf = ({ dockerfile: { path: name, text } }: Context): Item => ({
  header: { name, mode: 0o644, mtime: new Date(0) },
  content: text,
});

function filesOf({ directory, entries, dockerfile, tree }: Context): Item[] {
  return entries
    .filter(({ path }) => path !== dockerfile.path)
    .map((entry) => {
      const known = tree.get(entry.path);
      const content = known?.type === "file" && { ...known, source: join(directory, entry.path) };
      return { header: headerOf(entry), ...(content && { content }) };
    });
}

/** Also those directories that are left out, where something in them is not. */
function withParents(items: readonly Item[]): Item[] {
  const known = new Set<string>();
  return items.flatMap((item) => {
    const missing = [...parentsOf(item.header.name)].filter((path) => !known.has(path));
    for (const path of [...missing, item.header.name]) known.add(path);
    return [...missing.map(parent), item];
  });
}

const parent = (name: string): Item => ({
  header: { name, type: "directory", mode: 0o755, mtime: new Date(0) },
});

const headerOf = ({ path: name, type, mode, mtime, linkname }: Entry): Item["header"] => ({
  name,
  type,
  mode,
  mtime,
  ...(linkname !== undefined && { linkname }),
});
