import { placesOf } from "../agent/command.ts";
import type { SshConnection } from "../ssh/connection.ts";
import { run } from "../ssh/run.ts";
import { ConnectError } from "../transport.ts";
import { SftpFiles } from "./files.ts";
import { SftpLink } from "./link.ts";

/** Needs nothing in the container but the sftp server that ssh comes with. */
export async function openSftp(connection: SshConnection, root: string): Promise<SftpLink> {
  const [sftp, instanceGuid] = await Promise.all([connection.sftp(), guidOver(connection)]);
  const files = new SftpFiles(sftp);
  const at = await files.realpath(root).catch((error: Error) => Promise.reject(notThere(root, error)));
  const state = await stateFor(files, at, placesOf(root).stateDirectories);
  return SftpLink.open({ connection, files, root: at, state, instanceGuid });
}

/** Without a shell, nobody says which container this is. */
async function guidOver(connection: SshConnection): Promise<string> {
  const { stdout } = await run(connection, 'printf %s "$CF_INSTANCE_GUID"').catch(() => ({ stdout: "" }));
  return stdout.toString();
}

/** The first directory that is on the file system of the app, for renaming works within one only. */
async function stateFor(files: SftpFiles, root: string, candidates: readonly string[]): Promise<string> {
  const there = await files.fileSystem(root);
  for (const state of candidates) {
    await files.mkdir(state, 0o700).catch(() => undefined);
    await files.mkdir(`${state}/stage`, 0o700).catch(() => undefined);
    if (!(await files.lstat(`${state}/stage`))?.isDirectory()) continue;
    if (there?.id === (await files.fileSystem(state))?.id) return state;
  }
  throw new ConnectError("NotSupported", `no place for staging on the file system of ${root}`);
}

const notThere = (root: string, cause: Error): ConnectError =>
  new ConnectError("NotSupported", `${root} cannot be found by sftp: ${cause.message}`, { cause });
