import { ConnectError } from "../transport.ts";
import { quote } from "./shell.ts";

/** Names for the commands that people are told. */
export interface AppNames {
  readonly app: string;
  readonly space?: string;
}

/** What the platform says about ssh to an app. */
export interface SshEnabled {
  readonly enabled: boolean;
  /** `Disabled globally`, `Disabled for space …`, `Disabled for app`. */
  readonly reason: string;
}

export const sshNotOffered = (): ConnectError =>
  new ConnectError(
    "SSHDisabled",
    "this platform offers no ssh at all: use spec.transport FastPush or Push, or ask its operators",
  );

/** Who has forbidden ssh, and what to do about it. */
export function sshDisabled(reason: string, { app, space }: AppNames): ConnectError {
  const restart = `cf restart ${word(app)}`;
  const remedies = {
    globally: "only the operators of the platform can allow it; use spec.transport FastPush or Push",
    space: `let a manager of the space run: cf allow-space-ssh ${space ? word(space) : "SPACE"}, and then: ${restart}`,
    app: `run: cf enable-ssh ${word(app)}, and then: ${restart}`,
  };
  const by = /globally/i.test(reason) ? "globally" : /space/i.test(reason) ? "space" : "app";
  const what = reason === "" ? "" : ` (${reason})`;
  return new ConnectError("SSHDisabled", `ssh to ${app} is not allowed${what}: ${remedies[by]}`);
}

const word = (name: string): string => (/^[\w.@-]+$/.test(name) ? name : quote(name));
