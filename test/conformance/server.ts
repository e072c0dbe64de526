import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { Session } from "../helpers/session.ts";
import type { Access } from "./client.ts";

/** A server to test, and its end. */
export interface Server {
  access: Access;
  /** A token with which one may only read, if there is one. */
  readOnlyToken?: string | undefined;
  close(): Promise<void>;
}

/** The server that the environment names, or one of our own. */
export async function openServer(): Promise<Server> {
  const access = await foreignAccess();
  if (!access) return startOwn();
  const readOnlyToken = process.env["TILTISH_CONFORMANCE_READ_ONLY_TOKEN"];
  return { access, readOnlyToken, close: () => Promise.resolve() };
}

/** Whether the environment names a server. */
export const isForeign = (): boolean => Boolean(process.env["TILTISH_CONFORMANCE_URL"]);

async function foreignAccess(): Promise<Access | undefined> {
  const {
    TILTISH_CONFORMANCE_URL: url,
    TILTISH_CONFORMANCE_TOKEN: token,
    TILTISH_CONFORMANCE_CA: file,
    TILTISH_CONFORMANCE_INSECURE: insecure,
  } = process.env;
  if (!url) return undefined;
  const ca = file ? await readFile(file, "utf8") : undefined;
  return { url: url.replace(/\/$/, ""), token, ca, insecure: insecure === "1" };
}

/** The built binary, over a directory of its own. */
export async function startOwn(...args: string[]): Promise<Server> {
  const directory = await mkdtemp(path.join(tmpdir(), "tiltish-conformance-"));
  const session = new Session(directory);
  await mkdir(session.root, { recursive: true });
  await session.serve(...args);
  const { stdout: readOnlyToken } = await session.run("token", "create", "reader", "--read-only");
  return {
    access: accessOf(await readFile(session.kubeconfig, "utf8")),
    readOnlyToken,
    async close() {
      const { end } = session;
      await session.stop();
      await rm(directory, { recursive: true, force: true });
      if (end !== undefined) throw new Error(`the server ended by itself: ${end}`);
    },
  };
}

interface Kubeconfig {
  clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
  users: [{ user: { token: string } }];
}

function accessOf(kubeconfig: string): Access {
  const { clusters, users } = parse(kubeconfig) as Kubeconfig;
  const { server, "certificate-authority-data": ca } = clusters[0].cluster;
  return { url: server, token: users[0].user.token, ca: Buffer.from(ca, "base64").toString("utf8") };
}
