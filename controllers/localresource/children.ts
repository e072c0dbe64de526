import { isDeepStrictEqual } from "node:util";
import type { Kind } from "../../apis/kind.ts";
import { type KubeObject, type NamespacedName, TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import {
  type Cause,
  childNameOf,
  FileWatch,
  LocalProcess,
  type LocalProcessSpec,
  type LocalResource,
  RESOURCE_LABEL,
} from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import {
  controllerOf,
  isBeingDeleted,
  isOwnedBy,
  ownerReferenceTo,
  TerminalError,
  triggerValueOf,
} from "../runtime/index.ts";
import type { Role } from "./child.ts";

/**
 * The object that the resource has for a role, if it is there.
 *
 * @throws TerminalError when it needs one and somebody else has the name.
 */
export async function childOf(
  client: Client,
  resource: LocalResource,
  role: Role,
): Promise<LocalProcess | undefined> {
  const child = await client.get(LocalProcess, nameOf(resource, role));
  if (!child || isOwnedBy(child, resource)) return child;
  if (templateOf(resource, role)) throw notOurs(resource, child);
  return undefined;
}

/** The resource, should there be one, whose child would have the name of this object, and may wait for it. */
export function namesakeOf({ metadata }: Pick<KubeObject, "metadata">): NamespacedName[] {
  const [, name] = /^(.+)-(?:build|serve|watch)$/.exec(metadata.name) ?? [];
  return name === undefined ? [] : [{ namespace: metadata.namespace ?? "", name }];
}

/** Keeps the FileWatch for `spec.watch`, or none. */
export async function ensureWatch(client: Client, resource: LocalResource): Promise<void> {
  const { watch, disabled } = resource.spec;
  const name = nameOf(resource, "watch");
  if (!watch) {
    const present = await client.get(FileWatch, name);
    if (present && isOwnedBy(present, resource)) await client.delete(FileWatch, name);
    return;
  }
  await ensure(client, FileWatch, {
    resource,
    role: "watch",
    spec: { ...watch, disabled: disabled || watch.disabled },
  });
}

/**
 * Keeps the process for a role as the template says.
 *
 * @param cause of the run that it should have made, or be making. Another cause makes it run again.
 */
export async function ensureProcess(
  client: Client,
  resource: LocalResource,
  role: Role,
  cause: Cause,
): Promise<void> {
  const template = templateOf(resource, role);
  if (!template) return;
  await ensure(client, LocalProcess, { resource, role, spec: specOf(resource, role, template), cause });
}

/** Asks a process for something, and leaves what it runs as it is. */
export async function askProcess(
  client: Client,
  process: LocalProcess | undefined,
  cause: Cause,
): Promise<void> {
  if (!process || isBeingDeleted(process) || isAsked(process, cause)) return;
  await client.patch(LocalProcess, process.metadata, { metadata: { annotations: requestFor(cause) } });
}

/** Takes away the process for a role that has no template any more, and stops one whose template is disabled. */
export async function pruneProcess(client: Client, resource: LocalResource, role: Role): Promise<void> {
  const template = templateOf(resource, role);
  if (template?.disabled) return disableProcess(client, resource, role);
  if (template || !(await childOf(client, resource, role))) return;
  await client.delete(LocalProcess, nameOf(resource, role));
}

/** Stops what the resource runs, and keeps the objects. */
export async function disableProcess(client: Client, resource: LocalResource, role: Role): Promise<void> {
  const child = await childOf(client, resource, role);
  if (child && !child.spec.disabled)
    await client.patch(LocalProcess, child.metadata, { spec: { disabled: true } });
}

/** Whether the template says another run now than when the process was made from it. */
export function isTemplateChanged(resource: LocalResource, role: Role, process: LocalProcess): boolean {
  const template = templateOf(resource, role);
  if (!template) return false;
  return !isDeepStrictEqual(ranBy(process.spec), ranBy(specOf(resource, role, template)));
}

/** A spec without what only says when to run, and how to end. */
function ranBy({
  stop,
  backoff,
  maxRestarts,
  timeout,
  restartOn,
  dependsOn,
  ...rest
}: LocalProcessSpec): object {
  return rest;
}

/** Whether the process was disabled and is to run again. Until it may, it stays as it is. */
export const isToEnable = (resource: LocalResource, role: Role, process?: LocalProcess): boolean =>
  process?.spec.disabled === true && templateOf(resource, role)?.disabled === false;

const templateOf = ({ spec }: LocalResource, role: Role): LocalProcessSpec | undefined =>
  role === "build" ? spec.buildTemplate : spec.serveTemplate;

function specOf(resource: LocalResource, role: Role, template: LocalProcessSpec): LocalProcessSpec {
  // A server that exits is to come back; a build runs once each time.
  const restartPolicy = role === "build" ? "Never" : (template.restartPolicy ?? "Always");
  const disabled = resource.spec.disabled || template.disabled;
  // When it runs is the business of the resource.
  const initialRun = true;
  // A build is ready when it has succeeded, and not before.
  const { readinessProbe, ...rest } = template;
  return {
    ...rest,
    ...(role === "serve" && readinessProbe && { readinessProbe }),
    initialRun,
    restartPolicy,
    disabled,
    ...(role === "serve" && dependencies(resource, template)),
  };
}

/** The server waits as its resource does: when tiltish itself starts again, nobody else makes it wait. */
function dependencies(
  { spec }: LocalResource,
  template: LocalProcessSpec,
): Pick<LocalProcessSpec, "dependsOn"> {
  const own = (spec.dependsOn ?? []).map((dependency) => ({ ...dependency, onChange: "Ignore" as const }));
  const all = [...own, ...(template.dependsOn ?? [])];
  return all.length > 0 ? { dependsOn: all } : {};
}

const nameOf = ({ metadata }: LocalResource, role: Role | "watch") => ({
  namespace: metadata.namespace ?? "default",
  name: childNameOf(metadata.name, role),
});

interface Wanted {
  resource: LocalResource;
  role: Role | "watch";
  spec: object;
  cause?: Cause;
}

async function ensure(client: Client, kind: Kind, { resource, role, spec, cause }: Wanted): Promise<void> {
  const name = nameOf(resource, role);
  const present = (await client.get(kind, name)) as KubeObject | undefined;
  const annotations = cause && !(present && isAsked(present, cause)) ? requestFor(cause) : {};
  if (!present) {
    const metadata = {
      ...name,
      // Not the labels of the resource: a FileWatch that selects it must not make its processes run as well.
      labels: { [RESOURCE_LABEL]: resource.metadata.name },
      annotations,
      ownerReferences: [ownerReferenceTo(resource)],
    };
    await client.create(kind, metadata, spec as never);
    return;
  }
  if (!isOwnedBy(present, resource)) throw notOurs(resource, present);
  if (isBeingDeleted(present)) return; // when it is gone, that wakes the resource
  if (isDeepStrictEqual(present["spec"], spec) && Object.keys(annotations).length === 0) return;
  // As a JSON patch, so that fields which left the template leave the spec too.
  await client.patch(
    kind,
    name,
    [{ op: "replace", path: "/spec", value: spec }, ...annotate(present, annotations)],
    {
      type: "json",
    },
  );
}

/** Which request of ours a process has got last. Others may ask it too, and that is not to be taken back. */
const REQUEST_ANNOTATION = "tiltish.dev/request";

const requestFor = (cause: Cause): Record<string, string> => ({
  [TRIGGER_ANNOTATION]: triggerValueOf(cause),
  [REQUEST_ANNOTATION]: requestIdOf(cause),
});

const requestIdOf = ({ type, time, traceparent = "" }: Cause): string =>
  `${type} ${time} ${traceparent}`.trim();

const isAsked = ({ metadata }: Pick<KubeObject, "metadata">, cause: Cause): boolean =>
  metadata.annotations?.[REQUEST_ANNOTATION] === requestIdOf(cause) ||
  metadata.annotations?.[TRIGGER_ANNOTATION] === triggerValueOf(cause);

function annotate({ metadata }: KubeObject, annotations: Record<string, string>): object[] {
  if (Object.keys(annotations).length === 0) return [];
  return [{ op: "add", path: "/metadata/annotations", value: { ...metadata.annotations, ...annotations } }];
}

function notOurs({ metadata }: LocalResource, child: KubeObject): TerminalError {
  const what = `${child.kind}/${child.metadata.name}`;
  const isOfPredecessor = controllerOf(child)?.name === metadata.name;
  const message = isOfPredecessor
    ? `waits for the end of ${what}, which an earlier ${metadata.name} has left`
    : `${what} exists and belongs to someone else; delete or rename it, or rename this resource`;
  return new TerminalError({ reason: "NameTaken", message });
}
