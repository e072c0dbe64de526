import type { KubeObject } from "../../apis/meta.ts";
import type { Gap } from "../connect/gap.ts";
import type { Session } from "../connect/session.ts";
import type { LogLine } from "../logs/line.ts";
import { logLines, type LogQuery } from "../logs/stream.ts";
import type { ResourceType } from "../resources/types.ts";
import { watchType, type WatchScope } from "../resources/watch.ts";

export interface FollowOptions {
  session: Session;
  type: ResourceType;
  /** Which part of the log, of a process that is there already or of one that is still to come. */
  queryFor: (isNew: boolean) => LogQuery;
  signal: AbortSignal;
  /** Of all namespaces and labels, unless it says which. */
  scope?: Pick<WatchScope, "namespace" | "labelSelector" | "fieldSelector">;
  gap?: Gap;
  onLine: (process: KubeObject, line: LogLine) => void;
  /** `isNew`: not there when we began. */
  onChange: (change: "ADDED" | "MODIFIED" | "DELETED", process: KubeObject, isNew: boolean) => void;
  onError: (process: KubeObject, error: unknown) => void;
}

/** Streams the logs of all processes, those that are still to come included. */
export async function followAll(options: FollowOptions): Promise<void> {
  const { session, type, signal, scope, onChange } = options;
  const streams = new Map<string, AbortController>();
  const beganMs = Date.now();
  for await (const { type: change, object } of watchType(session, type, { ...scope, signal })) {
    const uid = object.metadata.uid ?? "";
    const isNew = Date.parse(object.metadata.creationTimestamp ?? "") >= beganMs - 1_000;
    onChange(change, object, isNew);
    if (change === "DELETED") {
      streams.get(uid)?.abort();
      streams.delete(uid);
    } else if (!streams.has(uid)) {
      const controller = new AbortController();
      streams.set(uid, controller);
      void followOne(options, object, { isNew, signal: AbortSignal.any([signal, controller.signal]) });
    }
  }
}

async function followOne(
  { session, type, queryFor, gap, onLine, onError }: FollowOptions,
  process: KubeObject,
  { isNew, signal }: { isNew: boolean; signal: AbortSignal },
): Promise<void> {
  const { name, namespace = "" } = process.metadata;
  try {
    const asked = { ...queryFor(isNew), follow: "true" };
    const owner = { type, namespace, name };
    for await (const line of logLines(session, owner, asked, { signal, gap })) onLine(process, line);
  } catch (error) {
    if (!signal.aborted) onError(process, error);
  }
}
