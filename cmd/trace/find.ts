import type { KubeList, KubeObject } from "../../apis/meta.ts";
import {
  type CFAppSync,
  childNameOf,
  type LocalProcess,
  type LocalResource,
} from "../../apis/v1alpha1/index.ts";
import {
  type Trace,
  TRACE_ANNOTATION,
  TRACED,
  traceOfProcess,
  traceOfResource,
  traceOfSync,
} from "../../controllers/trace/index.ts";
import { ownerOf } from "../ask/subjects.ts";
import type { Session } from "../connect/session.ts";
import { eventsOf } from "../events/list.ts";
import { listPath } from "../get/query.ts";

/** Every trace that is known of a namespace, the oldest first: those that have ended, then those that go on. */
export async function tracesOf(session: Session): Promise<Trace[]> {
  const [ended, all] = await Promise.all([endedTraces(session), liveTraces(session)]);
  const known = new Set(ended.map(keyOf));
  const running = all.filter((trace) => trace.outcome === "running" && !known.has(keyOf(trace)));
  return [...ended, ...running].toSorted(byStart);
}

const byStart = (a: Trace, b: Trace): number => Date.parse(a.startTime) - Date.parse(b.startTime);

const keyOf = ({ traceId, object }: Trace): string => `${traceId} ${object}`;

async function endedTraces(session: Session): Promise<Trace[]> {
  const { events } = await eventsOf(session, {
    namespace: session.namespace,
    fieldSelector: `reason=${TRACED}`,
  });
  return events.flatMap(({ metadata }) => traceIn(metadata.annotations?.[TRACE_ANNOTATION]));
}

/** Anybody may write an Event; what is no trace of ours is none. */
function traceIn(text: string | undefined): Trace[] {
  try {
    const trace = JSON.parse(text ?? "") as Trace;
    return typeof trace.traceId === "string" && Array.isArray(trace.steps) ? [trace] : [];
  } catch {
    return [];
  }
}

async function liveTraces(session: Session): Promise<Trace[]> {
  const types = (await session.types()).all;
  const [resources, processes, syncs] = await Promise.all(
    ["LocalResource", "LocalProcess", "CFAppSync"].map(async (kind) => {
      const type = types.find((type) => type.kind === kind);
      const query = { namespace: session.namespace, labelSelector: undefined, fieldSelector: undefined };
      return type ? (await session.json<KubeList>(listPath(type, query))).items : [];
    }),
  );
  const serverOf = ({ metadata }: KubeObject) =>
    processes!.find((process) => process.metadata.name === childNameOf(metadata.name, "serve")) as
      LocalProcess | undefined;
  return [
    ...resources!.map((resource) => traceOfResource(resource as LocalResource, serverOf(resource), {})),
    ...processes!
      .filter((process) => !ownerOf(process))
      .map((process) => traceOfProcess(process as LocalProcess, {})),
    ...syncs!.map((sync) => traceOfSync(sync as CFAppSync, {})),
  ].filter((trace) => trace !== undefined);
}
