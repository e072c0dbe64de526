import { connect, type ClientHttp2Session } from "node:http2";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { end, hasEnded, start } from "./children.ts";
import { repeat, type Load } from "./load.ts";
import { onPath } from "./machine.ts";
import { configMap } from "./objects.ts";

export interface Etcd {
  readonly write: (clients: number, ms: number) => Promise<Load>;
  readonly stop: () => Promise<void>;
}

/** The store of Kubernetes, if it is on this machine, with its own settings: it, too, answers what is durable. */
export async function startEtcd(directory: string): Promise<Etcd | undefined> {
  const program = onPath("etcd");
  if (program === undefined) return undefined;
  const [client, peer] = [await freeUrl(), await freeUrl()];
  const flags = [
    ["--data-dir", directory],
    ["--listen-client-urls", client, "--advertise-client-urls", client],
    ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
    ["--initial-cluster", `default=${peer}`],
  ].flat();
  const child = start([program, ...flags]);
  await answers(`${client}/health`, () => !hasEnded(child));
  let written = 0;
  return {
    async write(clients, ms) {
      const sessions = Array.from({ length: clients }, () => connect(client));
      const steps = sessions.map((session) => () => put(session, `w-${++written}`));
      try {
        return await repeat(steps, ms);
      } finally {
        for (const session of sessions) session.destroy();
      }
    },
    stop: () => end(child),
  };
}

async function answers(url: string, goesOn: () => boolean): Promise<void> {
  for (
    const deadline = performance.now() + 20_000;
    goesOn() && performance.now() < deadline;
    await sleep(20)
  ) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error("etcd does not answer");
}

async function freeUrl(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return `http://127.0.0.1:${port}`;
}

const PUT = {
  ":method": "POST",
  ":path": "/etcdserverpb.KV/Put",
  "content-type": "application/grpc",
  te: "trailers",
};

/** One gRPC call; two fields do not need a library. */
function put(session: ClientHttp2Session, name: string): Promise<void> {
  const message = Buffer.concat([field(1, `/bench/${name}`), field(2, configMap(name))]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return new Promise((resolve, reject) => {
    const stream = session.request(PUT);
    stream.on("trailers", ({ "grpc-status": status }) => {
      if (status === "0") resolve();
      else reject(new Error(`etcd answered with status ${String(status)}`));
    });
    stream.on("error", reject);
    stream.resume();
    stream.end(Buffer.concat([frame, message]));
  });
}

/** A string of a protobuf message. */
function field(number: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
