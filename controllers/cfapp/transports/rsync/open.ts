import { spawn } from "node:child_process";
import { once } from "node:events";
import { placesOf } from "../agent/command.ts";
import type { SshConnection } from "../ssh/connection.ts";
import { run } from "../ssh/run.ts";
import { ConnectError } from "../transport.ts";
import { RsyncLink, scriptCommand } from "./link.ts";
import { HELLO } from "./scripts.ts";
import { SharedShell } from "./shell.ts";

/** @throws ConnectError `NotSupported` */
export async function checkHere(): Promise<void> {
  const child = spawn("rsync", ["--version"], { stdio: "ignore" });
  const code = await once(child, "close").then(
    ([code]: unknown[]) => code,
    () => undefined,
  );
  if (code !== 0) throw new ConnectError("NotSupported", "there is no rsync on this machine: install it");
}

/** For containers with rsync, bash and GNU tools, whose ssh offers no sftp; and for those who want it so. */
export async function openRsync(connection: SshConnection, root: string): Promise<RsyncLink> {
  const words = [root, ...placesOf(root).stateDirectories];
  const { code, stdout, stderr } = await run(connection, scriptCommand(HELLO, words));
  if (code !== 0)
    throw new ConnectError("NotSupported", `the container cannot take rsync: ${stderr || code}`);
  const [at, state, instanceGuid, freeKiB] = stdout.toString("utf8").split("\0") as [
    string,
    string,
    string,
    string,
  ];
  const freeBytes = freeKiB === "" ? undefined : Number(freeKiB) * 1024;
  const shell = await SharedShell.open(connection);
  return RsyncLink.open({ connection, shell, root: at, state, instanceGuid, freeBytes });
}
