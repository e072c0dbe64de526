import type { KubeList } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { collectionPath, queryOf } from "../resources/paths.ts";
import type { EventObject } from "./event.ts";

const EVENTS = { group: "", version: "v1", plural: "events" };

/** Events of a namespace, or of all. */
export async function eventsOf(
  session: Session,
  { namespace, fieldSelector }: { namespace?: string; fieldSelector?: string },
): Promise<{ events: EventObject[]; resourceVersion: string | undefined }> {
  const path = collectionPath(EVENTS, namespace) + queryOf({ fieldSelector });
  const { items, metadata } = await session.json<KubeList<EventObject>>(path);
  return { events: items, resourceVersion: metadata.resourceVersion };
}

/** Events about one object; about every object of that name if its uid is not known. */
export async function eventsAbout(
  session: Session,
  { kind, metadata }: { kind: string; metadata: { namespace?: string; name: string; uid?: string } },
): Promise<EventObject[]> {
  const terms = [
    `involvedObject.kind=${kind}`,
    `involvedObject.name=${metadata.name}`,
    ...(metadata.uid ? [`involvedObject.uid=${metadata.uid}`] : []),
  ];
  const { events } = await eventsOf(session, {
    namespace: metadata.namespace || undefined,
    fieldSelector: terms.join(","),
  });
  return events;
}
