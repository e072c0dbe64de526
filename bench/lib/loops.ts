import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { end, start } from "./children.ts";
import { withWires } from "./load.ts";
import { nodemon, onPath } from "./machine.ts";
import { startServer } from "./server.ts";
import { appOf } from "./tree.ts";

/** Something that keeps `app.js` of a directory running as it was last saved. */
export interface Loop {
  /** Called right after a save; only the floor needs to be told. */
  saved(): void;
  stop(): Promise<void>;
}

export const FLOOR = "floor: kill node, start node, no watcher";

export interface Tool {
  start(root: string, stateDir: string): Promise<Loop>;
  /** Why it cannot be measured here, if it cannot. */
  missing?(): string | undefined;
}

export const LOOPS: Readonly<Record<string, Tool>> = {
  [FLOOR]: { start: startFloor },
  tiltish: { start: startTiltish },
  nodemon: {
    start: (root) => startWatcher([process.execPath, nodemon().path, "--quiet", "app.js"], root),
  },
  "node --watch": { start: (root) => startWatcher([process.execPath, "--watch", "app.js"], root) },
  entr: { start: startEntr, missing: () => (onPath("entr") ? undefined : "not on PATH: apt install entr") },
};

/** It is told on its standard input which files there are. */
function startEntr(root: string): Promise<Loop> {
  const script = `find . -name '*.js' | entr -nr "$0" app.js`;
  return startWatcher(["sh", "-c", script, process.execPath], root);
}

async function startWatcher(argv: readonly string[], root: string): Promise<Loop> {
  const child = start(argv, { cwd: root });
  await once(child, "spawn");
  return { saved: () => undefined, stop: () => end(child) };
}

async function startFloor(root: string): Promise<Loop> {
  const run = (): ChildProcess => start([process.execPath, appOf(root)], { cwd: root });
  let child = run();
  return {
    saved() {
      child.once("exit", () => (child = run()));
      child.kill("SIGTERM");
    },
    stop: () => end(child),
  };
}

const LOCAL_RESOURCES = "/apis/tiltish.dev/v1alpha1/namespaces/default/localresources";

/** The whole way: a server with its controllers, told what to do as `tiltish up` would. */
async function startTiltish(root: string, stateDir: string): Promise<Loop> {
  const server = await startServer({ stateDir, root });
  const resource = {
    apiVersion: "tiltish.dev/v1alpha1",
    kind: "LocalResource",
    metadata: { name: "app" },
    spec: { watch: { paths: ["."] }, serveTemplate: { argv: [process.execPath, "app.js"] } },
  };
  await withWires(server.socket, 1, ([wire]) =>
    wire!.request("POST", LOCAL_RESOURCES, JSON.stringify(resource)),
  );
  return { saved: () => undefined, stop: () => server.stop() };
}
