import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import {
  type Cause,
  type CustomImage,
  imageBuildNameOf,
  LocalProcess,
  type LocalProcessSpec,
} from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import {
  isBeingDeleted,
  isOwnedBy,
  ownerReferenceTo,
  TerminalError,
  triggerValueOf,
} from "../../runtime/index.ts";

const nameOf = ({ metadata }: CustomImage) => ({
  namespace: metadata.namespace ?? "default",
  name: imageBuildNameOf(metadata.name),
});

/** The object, should there be one, whose process would have this name. */
export function ownerOfProcess({ metadata }: Pick<LocalProcess, "metadata">) {
  const [, name] = /^(.+)-image-build$/.exec(metadata.name) ?? [];
  return name === undefined ? [] : [{ namespace: metadata.namespace ?? "", name }];
}

export const processOf = (client: Client, object: CustomImage): Promise<LocalProcess | undefined> =>
  client.get(LocalProcess, nameOf(object));

/** The template with its environment; when it runs is the business of the image. */
export function processSpecOf(
  { spec }: CustomImage,
  env: Record<string, string>,
): Partial<LocalProcessSpec> & { argv: string[] } {
  const { restartOn: _, dependsOn: __, readinessProbe: ___, ...template } = spec.commandTemplate;
  return { ...template, env, initialRun: true, restartPolicy: "Never", daemon: false, disabled: false };
}

/**
 * Has the process run for this cause.
 *
 * @throws TerminalError if somebody else has its name.
 */
export async function startProcess(
  client: Client,
  object: CustomImage,
  { spec, cause }: { spec: ReturnType<typeof processSpecOf>; cause: Cause },
): Promise<void> {
  const name = nameOf(object);
  const present = await client.get(LocalProcess, name);
  const annotations = { [TRIGGER_ANNOTATION]: triggerValueOf(cause) };
  if (!present) {
    await client.create(
      LocalProcess,
      { ...name, annotations, ownerReferences: [ownerReferenceTo(object)] },
      spec,
    );
    return;
  }
  if (!isOwnedBy(present, object) || isBeingDeleted(present)) throw notOurs(name.name);
  const all = { ...present.metadata.annotations, ...annotations };
  // As a JSON patch, so that what left the template leaves the spec, too.
  const patch = [
    { op: "add", path: "/spec", value: spec },
    { op: "add", path: "/metadata/annotations", value: all },
  ];
  await client.patch(LocalProcess, name, patch, { type: "json" });
}

function notOurs(name: string): TerminalError {
  const message = `LocalProcess/${name} exists and belongs to someone else; delete or rename it, or rename this image`;
  return new TerminalError({ reason: "NameTaken", message });
}

/** Asks it to end, if it runs. One that has not begun is not begun any more. */
export async function endProcess(client: Client, object: CustomImage, cause: Cause): Promise<void> {
  const process = await processOf(client, object);
  if (!process || !isOwnedBy(process, object) || isBeingDeleted(process)) return;
  const type = isActive(process) ? ("Cancel" as const) : ("Stop" as const);
  const annotations = { [TRIGGER_ANNOTATION]: triggerValueOf({ ...cause, type }) };
  await client.patch(LocalProcess, process.metadata, { metadata: { annotations } });
}

export const isActive = ({ status }: LocalProcess): boolean =>
  status?.pid !== undefined || ["Starting", "Running", "Stopping"].includes(status?.state ?? "");

/** Whether the run that this cause asked for is over. */
export function isOver(process: LocalProcess, cause: Cause): boolean {
  const { state, observedTrigger } = process.status ?? {};
  if (isActive(process) || observedTrigger !== triggerValueOf(cause)) return false;
  return state === "Succeeded" || state === "Failed";
}

const ERROR_LINES = "20";

/** What went wrong, and the last lines that the command wrote. */
export async function errorOf(client: Client, process: LocalProcess): Promise<string> {
  const { message, exitCode, run } = process.status ?? {};
  const command = process.spec.argv.join(" ");
  const shown = command.length > 200 ? `${command.slice(0, 200)}…` : command;
  const what = `command ${JSON.stringify(shown)} failed: ${message ?? `exit code ${exitCode}`}`;
  const query = { tailLines: ERROR_LINES, ...(run !== undefined && { run: String(run) }) };
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of client.log(LocalProcess, process.metadata, query)) chunks.push(chunk);
  } catch {
    return what; // It says less without its output, and is true all the same.
  }
  // What tiltish notes there itself is no output.
  const lines = Buffer.concat(chunks).toString().split("\n");
  return [what, ...lines.filter((line) => !line.startsWith("[tiltish]"))].join("\n").trimEnd();
}
