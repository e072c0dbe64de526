import { randomUUID } from "node:crypto";
import type { Credentials } from "../engine/credentials.ts";
import type { Engine } from "../engine/engine.ts";
import { type Directories, sendFiles } from "./filesync.ts";
import { type Call, GRPC, GrpcError, type Methods, serveGrpc, unary } from "./grpc.ts";
import { forwardAgent } from "./sshagent.ts";
import { bytesField, fieldsOf, varintField } from "./wire.ts";

/** What a build may ask of us while it runs. */
export interface Offers {
  secrets: ReadonlyMap<string, Buffer>;
  /** Sockets of ssh agents, by the id that the Dockerfile uses. */
  agents: ReadonlyMap<string, string>;
  credentials: (registry: string) => Promise<Credentials | undefined>;
  /** What the build is made from, where it is not sent with the request. */
  files?: { directories: Directories; onError: (error: unknown) => void } | undefined;
}

export interface Session {
  id: string;
  close(): void;
}

/** Opens a session, through which BuildKit gets secrets, ssh agents and logins when it needs them, and not before. */
export async function openSession(engine: Engine, offers: Offers, signal: AbortSignal): Promise<Session> {
  const id = randomUUID();
  const methods = methodsOf(offers);
  const socket = await engine.hijack({
    method: "POST",
    path: "/session",
    headers: {
      Upgrade: "h2c",
      "X-Docker-Expose-Session-Uuid": id,
      "X-Docker-Expose-Session-Name": "tiltish",
      // Sessions with the same key share files: one of the same size and time would be taken for another one's.
      "X-Docker-Expose-Session-Sharedkey": id,
      "X-Docker-Expose-Session-Grpc-Method": Object.keys(methods),
    },
    signal,
  });
  return { id, close: serveGrpc(socket, methods) };
}

const SERVING = 1;
const SSH_ID_HEADER = "buildkit.ssh.id";

function methodsOf({ secrets, agents, credentials, files }: Offers): Methods {
  return {
    ...(files && {
      "/moby.filesync.v1.FileSync/DiffCopy": async (call: Call) => {
        try {
          await sendFiles(call, files.directories);
        } catch (error) {
          if (!call.signal.aborted) files.onError(error);
          throw error;
        }
      },
    }),
    "/grpc.health.v1.Health/Check": unary(() => varintField(1, SERVING)),
    "/moby.filesync.v1.Auth/Credentials": unary(async (message) =>
      loginOf(await credentials(textIn(message))),
    ),
    ...(secrets.size > 0 && {
      "/moby.buildkit.secrets.v1.Secrets/GetSecret": unary((message) => secretOf(secrets, textIn(message))),
    }),
    ...(agents.size > 0 && {
      "/moby.sshforward.v1.SSH/CheckAgent": unary((message) => {
        agentOf(agents, textIn(message));
        return Buffer.alloc(0);
      }),
      "/moby.sshforward.v1.SSH/ForwardAgent": (call: Call) =>
        forwardAgent(call, agentOf(agents, String(call.headers[SSH_ID_HEADER] ?? ""))),
    }),
  };
}

/** The first field, which all of these requests have as a text. */
function textIn(message: Buffer): string {
  for (const { number, bytes } of fieldsOf(message)) if (number === 1) return bytes.toString();
  return "";
}

function loginOf(login: Credentials | undefined): Buffer {
  if (login?.identitytoken) return bytesField(2, login.identitytoken);
  return Buffer.concat([bytesField(1, login?.username ?? ""), bytesField(2, login?.password ?? "")]);
}

function secretOf(secrets: Offers["secrets"], id: string): Buffer {
  const secret = secrets.get(id);
  if (!secret) throw new GrpcError(GRPC.notFound, `secret ${id} is not in spec.secrets`);
  return bytesField(1, secret);
}

function agentOf(agents: Offers["agents"], id: string): string {
  const path = agents.get(id || "default");
  if (path === undefined)
    throw new GrpcError(GRPC.notFound, `ssh agent ${id || "default"} is not in spec.ssh`);
  return path;
}
