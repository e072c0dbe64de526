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
  controllerOf,
  isBeingDeleted,
  isOwnedBy,
  ownerReferenceTo,
  TerminalError,
  triggerValueOf,
} from "../../runtime/index.ts";
import { ImageFailure } from "../failure.ts";
import { type Asked, isActive } from "./run.ts";

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
  return { ...template, env, initialRun: false, restartPolicy: "Never", daemon: false, disabled: false };
}

/**
 * Has the process run for this cause.
 *
 * @throws TerminalError if somebody else has its name; ImageFailure `CommandFailed` while it is being deleted.
 */
export async function startProcess(
  client: Client,
  object: CustomImage,
  { spec, cause }: { spec: ReturnType<typeof processSpecOf>; cause: Cause },
): Promise<Asked> {
  const name = nameOf(object);
  const present = await client.get(LocalProcess, name);
  const trigger = triggerValueOf(cause);
  const annotations = { [TRIGGER_ANNOTATION]: trigger };
  if (!present) {
    const ownerReferences = [ownerReferenceTo(object)];
    const { metadata } = await client.create(LocalProcess, { ...name, annotations, ownerReferences }, spec);
    return { uid: metadata.uid, runs: 0, trigger };
  }
  if (isBeingDeleted(present) || isOfEarlier(present, object)) throw goesAway(name.name);
  if (!isOwnedBy(present, object)) throw notOurs(name.name);
  const all = { ...present.metadata.annotations, ...annotations };
  // As a JSON patch, so that what left the template leaves the spec, too.
  const patch = [
    { op: "add", path: "/spec", value: spec },
    { op: "add", path: "/metadata/annotations", value: all },
  ];
  await client.patch(LocalProcess, name, patch, { type: "json" });
  return { uid: present.metadata.uid, runs: present.status?.run ?? 0, trigger };
}

/** Whose owner was deleted and had the name of this one: it follows that. */
const isOfEarlier = (process: LocalProcess, { kind, metadata }: CustomImage): boolean => {
  const owner = controllerOf(process);
  return owner?.kind === kind && owner.name === metadata.name && owner.uid !== metadata.uid;
};

function notOurs(name: string): TerminalError {
  const message = `LocalProcess/${name} exists and belongs to someone else; delete or rename it, or rename this image`;
  return new TerminalError({ reason: "NameTaken", message });
}

function goesAway(name: string): ImageFailure {
  const message = `LocalProcess/${name} is being deleted; the command runs when it is gone`;
  return new ImageFailure({ reason: "CommandFailed", message, isTransient: true });
}

/** Asks it to end, if it runs. One that has not begun is not begun any more. */
export async function endProcess(client: Client, object: CustomImage, cause: Cause): Promise<void> {
  const process = await processOf(client, object);
  if (!process || !isOwnedBy(process, object) || isBeingDeleted(process)) return;
  const type = isActive(process) ? ("Cancel" as const) : ("Stop" as const);
  const annotations = { [TRIGGER_ANNOTATION]: triggerValueOf({ ...cause, type }) };
  await client.patch(LocalProcess, process.metadata, { metadata: { annotations } });
}
