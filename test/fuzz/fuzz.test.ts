import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { expect, test } from "vitest";
import { CRD_PATH, WIDGETS_CRD } from "../conformance/widgets.ts";
import { Session } from "../helpers/session.ts";
import type { Door } from "./client.ts";
import { Monitor } from "./monitor.ts";
import { fuzz } from "./run.ts";
import { askOver, Witness } from "./witness.ts";

const REQUESTS = Number(process.env["TILTISH_FUZZ_REQUESTS"] ?? 50_000);
const SEED = Number(process.env["TILTISH_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const CONNECTIONS = 8;
/** One write of the witness for so many requests. */
const WITNESS_EVERY = 50;
const MAX_BYTES = 1024 ** 3;
const MAX_BLOCKED_MS = 5_000;

interface Place {
  pid: number;
  socketPath: string;
  token: string;
  doors: Door[];
}

/** How the server of a session is reached. */
async function placeOf(session: Session): Promise<Place> {
  const kubeconfig = parse(await readFile(session.kubeconfig, "utf8")) as {
    clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
    users: [{ user: { token: string } }];
  };
  const { server, "certificate-authority-data": ca } = kubeconfig.clusters[0].cluster;
  const socketPath = path.join(session.stateDirectory, "tiltish.sock");
  const tls = { port: Number(new URL(server).port), ca: Buffer.from(ca, "base64").toString("utf8") };
  const doors = Array.from({ length: CONNECTIONS }, () => [{ socketPath }, tls]).flat();
  return { pid: session.pid, socketPath, token: kubeconfig.users[0].user.token, doors };
}

test(`whatever ${REQUESTS} requests ask, the server answers, and keeps what others wrote`, async () => {
  console.log(`TILTISH_FUZZ_SEED=${SEED}`);
  const directory = await mkdtemp(path.join(tmpdir(), "tiltish-fuzz-"));
  const session = new Session(directory);
  await mkdir(session.root, { recursive: true });
  await session.serve();
  const place = await placeOf(session);
  await askOver(place.socketPath, place.token, { method: "POST", path: CRD_PATH, body: WIDGETS_CRD });
  const witness = new Witness(place.socketPath, place.token);
  const monitor = new Monitor(place);
  await witness.start();
  monitor.start();

  let writing = Promise.resolve();
  const onRequest = (index: number) => {
    if (index % WITNESS_EVERY === 0) writing = writing.then(() => witness.write());
  };
  const { doors, token } = place;
  const endOf = () => session.end;
  const result = await fuzz({ seed: SEED, requests: REQUESTS, doors, token, onRequest, endOf });
  await writing;
  monitor.stop();
  console.log(
    JSON.stringify({ ...result.statuses, slowestMs: monitor.slowestMs, mostBytes: monitor.mostBytes }),
  );

  expect(session.end).toBeUndefined();
  expect(result.failures).toEqual([]);
  expect(await askOver(place.socketPath, place.token, { method: "GET", path: "/readyz" })).toBeUndefined();
  await expect.poll(() => witness.isUpToDate).toBe(true);
  expect(await witness.verdict()).toEqual([]);
  expect(witness.writes).toBe(Math.ceil(REQUESTS / WITNESS_EVERY));
  expect(monitor.problems).toEqual([]);
  expect(monitor.slowestMs).toBeLessThan(MAX_BLOCKED_MS);
  expect(monitor.mostBytes).toBeLessThan(MAX_BYTES);
  witness.stop();
  await session.stop();
  await rm(directory, { recursive: true, force: true });
});
