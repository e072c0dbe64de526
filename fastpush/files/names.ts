/** A path that nothing is written to. */
export class RefusedPathError extends Error {
  override readonly name = "RefusedPathError";
}

/** Names that are kept for what is on its way. */
const RESERVED = /^\.tiltish-/;

export const isReserved = (name: string): boolean => RESERVED.test(name);

/**
 * The names that a path is made of.
 *
 * @throws RefusedPathError if it leads, or might lead, anywhere but below the root.
 */
export function namesOf(path: string): string[] {
  const names = path.split("/");
  if (path === "" || path.startsWith("/")) throw new RefusedPathError("is not a relative path");
  if (path.includes("\0")) throw new RefusedPathError("has a NUL in it");
  for (const name of names) {
    if (name === "..") throw new RefusedPathError("leads up, out of the directory of the app");
    if (name === "" || name === ".") throw new RefusedPathError("has an empty name in it");
    if (isReserved(name)) throw new RefusedPathError("has a name that is kept for the sync itself");
  }
  return names;
}

/**
 * A key of the original protocol as a path. Clients on Windows send backslashes; `./` at its begin is harmless.
 *
 * @throws RefusedPathError
 */
export function pathOfKey(key: string): string {
  const path = key.replaceAll("\\", "/");
  if (/^([A-Za-z]:)?\//.test(path)) throw new RefusedPathError("is an absolute path");
  const names = path
    .split("/")
    .filter((name, at, all) => name !== "." && (name !== "" || at === all.length - 1));
  return namesOf(names.join("/")).join("/");
}
