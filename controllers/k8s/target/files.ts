import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/**
 * The kubeconfigs that count, as kubectl finds them: the one that is named, or else those of `$KUBECONFIG`, or else
 * `~/.kube/config`.
 *
 * @param home - Directory against which a relative path in a spec is resolved.
 */
export function kubeconfigFiles(named: string | undefined, home: string): string[] {
  if (named !== undefined) return [resolve(home, named.replace(/^~(?=\/|$)/, homedir()))];
  const listed = (process.env["KUBECONFIG"] ?? "").split(delimiter).filter(Boolean);
  return listed.length > 0 ? listed.map((file) => resolve(file)) : [join(homedir(), ".kube", "config")];
}

/** Those of them that are there: as for kubectl, one of a list may be missing. */
export const presentFiles = (files: readonly string[]): string[] => files.filter((file) => existsSync(file));
