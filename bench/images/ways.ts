import { withWires } from "../lib/load.ts";
import { DOCKER_IMAGES, RESOURCES } from "../lib/objects.ts";
import { startServer } from "../lib/server.ts";
import { docker, mustDocker, PREFIX } from "./engine.ts";

/** Brings what was saved in a context into a container that shows it. */
export interface Way {
  /** Called right after a save; who watches needs not to be told. */
  saved(): void;
  stop(): Promise<void>;
}

export interface WayOptions {
  context: string;
  /** Where the container shows what it has. */
  out: string;
  stateDir: string;
}

type StartWay = (options: WayOptions) => Promise<Way>;

export const FLOOR = "floor: docker cp, by hand";

export const WAYS: Readonly<Record<string, StartWay>> = {
  [FLOOR]: copyByHand,
  "tiltish: live update": (options) => startTiltish(options, "live"),
  "tiltish: build": (options) => startTiltish(options, "build"),
  "docker build, docker run, by hand": buildByHand,
};

const runArgs = (name: string, out: string): string[] =>
  `run --rm --init --network none --name ${name} --volume ${out}:/out`.split(" ");

function copyByHand({ context, out }: WayOptions): Promise<Way> {
  const name = `${PREFIX}-cp`;
  mustDocker(["build", "--quiet", "--network", "none", "--tag", name, context]);
  mustDocker([...runArgs(name, out), "--detach", name]);
  return Promise.resolve({
    saved: () => void mustDocker(["cp", `${context}/src/stamp`, `${name}:/app/stamp`]),
    stop: () => Promise.resolve(void docker(["rm", "--force", name])),
  });
}

function buildByHand({ context, out }: WayOptions): Promise<Way> {
  const name = `${PREFIX}-hand`;
  const saved = () => {
    mustDocker(["build", "--quiet", "--network", "none", "--tag", name, context]);
    docker(["rm", "--force", name]);
    mustDocker([...runArgs(name, out), "--detach", name]);
  };
  saved();
  return Promise.resolve({ saved, stop: () => Promise.resolve(void docker(["rm", "--force", name])) });
}

/** The whole way: a server with its controllers, an image, and a resource that runs it. */
async function startTiltish({ context, out, stateDir }: WayOptions, kind: "live" | "build"): Promise<Way> {
  const name = `${PREFIX}-${kind}`;
  const server = await startServer({ stateDir, root: context });
  const liveUpdate = { sync: [{ from: "src", to: "/app" }] };
  const image = {
    refs: { config: name },
    context: ".",
    network: "none",
    ...(kind === "live" && { liveUpdate }),
  };
  const run = `docker ${runArgs(name, out).join(" ")} "$${variableOf(name)}"`;
  const serveTemplate = { argv: ["sh", "-c", `docker rm --force ${name} >/dev/null 2>&1; exec ${run}`] };
  const resource = { imageRefs: [{ kind: "DockerImage", name }], serveTemplate };
  await withWires(server.socket, 1, async ([wire]) => {
    await wire!.request("POST", DOCKER_IMAGES, objectOf("DockerImage", name, image));
    await wire!.request("POST", RESOURCES, objectOf("LocalResource", name, resource));
  });
  return {
    saved: () => undefined,
    async stop() {
      await server.stop();
      docker(["rm", "--force", name]);
    },
  };
}

const variableOf = (name: string): string => `TILTISH_IMAGE_${name.toUpperCase().replaceAll("-", "_")}`;

const objectOf = (kind: string, name: string, spec: object): string =>
  JSON.stringify({ apiVersion: "tiltish.dev/v1alpha1", kind, metadata: { name }, spec });
