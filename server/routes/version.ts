import type { RequestContext } from "../http/context.ts";
import { sendValue } from "./respond.ts";

/**
 * The version of Kubernetes whose API this is: clients warn of differences, and turn features on by it (rule 17).
 * `gitVersion` must be a semantic version.
 *
 * No version is within one minor of all clients from 1.30 to 1.36, which is all that kubectl takes without a warning
 * of `kubectl version`. It is that of the newest clients: those turn more and more on by it, older ones only warn.
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
