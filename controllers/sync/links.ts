/** As many links in a row as a kernel follows. */
const MAX_LINKS = 40;

/**
 * Whether a link leads out of the root, followed as the other side will follow it: through other links too.
 *
 * @param links - The target of every link, by its path.
 */
export function escapesRoot(path: string, links: ReadonlyMap<string, string>): boolean {
  let budget = MAX_LINKS;
  const at: string[] = [];
  const todo = path.split("/").toReversed();
  while (todo.length > 0) {
    const name = todo.pop()!;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (at.length === 0) return true;
      at.pop();
      continue;
    }
    at.push(name);
    const target = links.get(at.join("/"));
    if (target === undefined) continue;
    if (target.startsWith("/")) return true;
    if (--budget < 0) return false; // It leads nowhere.
    at.pop();
    todo.push(...target.split("/").toReversed());
  }
  return false;
}
