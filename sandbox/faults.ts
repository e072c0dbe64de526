import type { Platform, WrongAnswer } from "./foundation/index.ts";
import type { SshProxy } from "./ssh/index.ts";
import type { Wire } from "./wire/index.ts";

/** What can be made to go wrong, at any time. */
export interface Faults {
  /** The way to the ssh proxy: cut it, silence it, refuse at it. */
  ssh(): Wire;
  /** The way to the API, the UAA and the apps. */
  http(): Wire;
  /** Whoever connects is shown the host key of somebody else. */
  wrongHostKey(isOn: boolean): void;
  /** Nobody may use ssh, on the whole platform. */
  sshOff(isOff: boolean): void;
  /** Requests get this answer in the place of the right one. */
  answer(answer: WrongAnswer): void;
  failBuild(message: string): void;
  failJob(message: string): void;
  /** Access tokens are good no more; refresh tokens are. */
  expireTokens(): void;
  /** Nobody is logged in any more. */
  revokeTokens(): void;
  /** All is well again, but for tokens. */
  clear(): void;
}

export interface Wires {
  readonly http: Wire;
  readonly ssh: Wire;
}

export interface Breakable {
  readonly platform: Platform;
  readonly ssh: SshProxy;
  readonly wires: Wires;
}

export const faultsOf = ({ platform, ssh, wires }: Breakable): Faults => ({
  ssh: () => wires.ssh,
  http: () => wires.http,
  wrongHostKey: (isOn) => void (ssh.wrongHostKey = isOn),
  sshOff: (isOff) => void (platform.isSshEnabled = !isOff),
  answer: (answer) => platform.troubles.answer(answer),
  failBuild: (message) => platform.troubles.failBuild(message),
  failJob: (message) => platform.troubles.failJob(message),
  expireTokens: () => platform.uaa.expireTokens(),
  revokeTokens: () => platform.uaa.revokeAll(),
  clear: () => {
    ssh.wrongHostKey = false;
    platform.isSshEnabled = true;
    platform.troubles.clear();
    for (const wire of [wires.http, wires.ssh]) {
      wire.mend();
      wire.silence(false);
      wire.refuse(false);
    }
  },
});
