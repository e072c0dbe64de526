import { posix } from "node:path";

/** The path of a request as the original sees it: without its query, decoded. Undefined if it cannot be decoded. */
export function pathOf(url: string): string | undefined {
  const path = url.replace(/^[a-z]+:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
  try {
    return decodeURIComponent(path === "" ? "/" : path);
  } catch {
    return undefined;
  }
}

/** Without double slashes and dots; a slash at the end stays. */
export const cleaned = (path: string): string => posix.normalize(path.startsWith("/") ? path : `/${path}`);

export const queryOf = (url: string): string => /\?[^#]*/.exec(url)?.[0] ?? "";
