import type { RequestContext } from "../http/context.ts";
import { sendValue } from "./respond.ts";

/**
 * The version of Kubernetes whose API this is: clients warn of differences, and turn features on by it (rule 17).
 * `gitVersion` must be a semantic version.
 *
 * Clients are those of 1.30 to 1.36, and `kubectl version`, that command alone, warns of more than one minor: 1.33 would
 * have 1.32 to 1.34 say nothing, 1.34 those up to 1.35, 1.35 those up to 1.36. It is the last, because only newer
 * clients turn anything off for older servers; older ones do nothing but warn.
 */
const VERSION = {
  major: "1",
  minor: "35",
  gitVersion: "v1.35.0+tiltish",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: `node${process.versions.node}`,
  compiler: "v8",
  platform: `${process.platform === "win32" ? "windows" : process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
};

export const versionRoute = (context: RequestContext): Promise<void> =>
  sendValue(context, VERSION, { format: "json", contentType: "application/json" });
