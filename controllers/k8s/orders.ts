import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import { type Cause, FileWatch, type K8sResource } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import {
  causeOfTrigger,
  fileChangeSince,
  type ImagesVerdict,
  stampSince,
  triggersOf,
  type Verdict,
} from "../runtime/index.ts";
import type { Engine } from "./engine/engine.ts";
import type { Ask, Order } from "./engine/order.ts";
import { type BuiltImage, ownerFor } from "./manifests/index.ts";
import { watchNameOf } from "./watch.ts";

interface Seen {
  client: Client;
  object: K8sResource;
  engine: Engine;
  home: string;
}

interface Inputs {
  dependencies: Verdict;
  images: ImagesVerdict;
}

/** What the engine of an object is to bring about, by all that there is to see now. */
export async function orderFor(seen: Seen, { dependencies, images }: Inputs): Promise<Order> {
  const { client, object, home } = seen;
  const { namespace = "default", name } = object.metadata;
  const [files, events] = await Promise.all([
    object.spec.files && client.get(FileWatch, { namespace, name: watchNameOf(name) }),
    eventsFor(seen),
  ]);
  const ask = triggerOf(seen) ?? events.ask ?? (dependencies.cause && { cause: dependencies.cause });
  return {
    owner: ownerFor(object),
    spec: object.spec,
    home,
    images: builtImages(images),
    ...(files && {
      files: fileChangeSince([files], undefined),
      watchedSince: files.status?.monitorStartTime,
    }),
    ...(ask && { ask }),
    ...(events.newest && { eventTime: events.newest }),
  };
}

/** Images as they stand in for their names. */
export const builtImages = ({ ready }: ImagesVerdict): BuiltImage[] =>
  ready.map(({ kind, name, config, cluster, env }) => ({ object: `${kind}/${name}`, config, cluster, env }));

/** What is asked for by the annotation and was not acted on yet. */
export function triggerOf({ object, engine }: Pick<Seen, "object" | "engine">): Ask | undefined {
  const trigger = object.metadata.annotations?.[TRIGGER_ANNOTATION];
  const { observedTrigger } = engine.observation.facts;
  if (trigger === undefined || trigger === observedTrigger) return undefined;
  const cause = engine.causeOf(trigger, causeOfTrigger);
  if (cause.type !== "Stop" && cause.type !== "Cancel") return { cause, trigger };
  if (cause.type === "Stop" || !engine.cancel(trigger, cause)) engine.ignore(trigger, IGNORED[cause.type]);
  return undefined;
}

const IGNORED = {
  Stop: "what is in a cluster cannot be stopped; spec.disabled deletes it there",
  Cancel:
    "no command of it runs, and nothing else can be canceled; spec.disabled deletes what is in the cluster",
};

interface Events {
  newest?: string | undefined;
  ask?: Ask | undefined;
}

/** What the FileWatches of `spec.restartOn` have seen. What they saw before the first apply asks for no other one. */
async function eventsFor({ client, object, engine }: Seen): Promise<Events> {
  const { facts } = engine.observation;
  const watches = await triggersOf(client, object.metadata.namespace ?? "default", object.spec.restartOn);
  const newest = watches.length > 0 ? fileChangeSince(watches, undefined)?.time : undefined;
  const since = facts.observedEventTime ?? facts.lastApplyStartTime;
  if (since === undefined) return { newest };
  const cause: Cause | undefined =
    fileChangeSince(watches, since) ?? (await stampSince(client, object, since));
  if (!cause) return { newest };
  return { newest: cause.time, ask: { cause, eventTime: cause.time } };
}
