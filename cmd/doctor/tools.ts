import { ask, lastLine } from "./ask.ts";
import { ok, warn, type Finding } from "./check.ts";

export async function containers(): Promise<Finding> {
  const name = "containers";
  const docker = await ask("docker", ["version", "--format", "{{.Server.Version}}"]);
  if (docker.kind === "answered") return ok(name, `docker ${docker.text}`);
  const podman = await ask("podman", ["version", "--format", "{{.Client.Version}}"]);
  if (podman.kind === "answered") return ok(name, `podman ${lastLine(podman.text)}`);
  if (docker.kind === "failed") {
    return warn(name, `docker is there, but: ${docker.text}`, "start the docker daemon, or join its group");
  }
  return ok(name, "neither docker nor podman; needed only for images and compose services");
}

export async function buildkit(): Promise<Finding> {
  const buildx = await ask("docker", ["buildx", "version"]);
  if (buildx.kind === "answered") return ok("buildkit", lastLine(buildx.text));
  const alone = await ask("buildctl", ["--version"]);
  return ok(
    "buildkit",
    alone.kind === "answered" ? lastLine(alone.text) : "not there; needed only for images",
  );
}

export async function cloudFoundry(): Promise<Finding> {
  const name = "cf";
  const version = await ask("cf", ["version"]);
  if (version.kind === "absent") return ok(name, "not on PATH; needed only for Cloud Foundry apps");
  const text = version.kind === "answered" ? lastLine(version.text) : "of an unknown version";
  const target = await ask("cf", ["target"]);
  if (target.kind !== "answered")
    return warn(name, `${text}, not logged in: ${targetProblem(target)}`, "cf login");
  const { org, space, endpoint } = targetIn(target.text);
  if (!org || !space) return warn(name, `${text}, no org or space targeted`, "cf target -o ORG -s SPACE");
  return ok(name, `${text}, org ${org}, space ${space}${endpoint ? ` at ${endpoint}` : ""}`);
}

const targetProblem = (answer: { kind: string; text?: string }): string =>
  answer.text ?? "cf target does not answer";

function targetIn(text: string): { org?: string; space?: string; endpoint?: string } {
  const of = (name: string) => new RegExp(`^${name}:\\s*(\\S.*)$`, "im").exec(text)?.[1];
  return { org: of("org"), space: of("space"), endpoint: of("api endpoint") };
}

export const ssh = (): Promise<Finding> => transfer("ssh", ["-V"], "apps on other machines");
export const rsync = (): Promise<Finding> => transfer("rsync", ["--version"], "apps on other machines");

async function transfer(program: string, args: readonly string[], purpose: string): Promise<Finding> {
  const answer = await ask(program, args);
  if (answer.kind === "absent") return ok(program, `not on PATH; needed only for ${purpose}`);
  return ok(program, answer.text.split("\n")[0] || "is there");
}
