import type { NamespacedName } from "../../apis/meta.ts";
import { FileWatch } from "../../apis/v1alpha1/index.ts";
import type { Client, Log } from "../../client/index.ts";
import { isBeingDeleted, type Recorder, type Result } from "../runtime/index.ts";
import { runsOf } from "./consumers.ts";
import type { PendingEvent, WatchSession } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { monitorSpecOf } from "./spec.ts";
import { stampObjects } from "./stamp.ts";
import { DISABLED, failed, messageOf, statusOf, withReady, type FileWatchObject } from "./status.ts";

export interface ReconcilerOptions {
  readonly client: Client;
  readonly recorder: Recorder;
  readonly sessions: Sessions;
  readonly log: Log;
  /** The directory against which relative paths of a namespace are resolved. */
  rootOf: (namespace: string) => string | Promise<string>;
  stateDirectory?: string | undefined;
}

/** How soon it is looked again whether a missing path has come: its own coming may be no event. */
const MISSING_MS = 2000;

/** Makes the watching as the object says, and brings what was seen into its status. */
export class Reconciler {
  readonly #options: ReconcilerOptions;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(request: NamespacedName): Promise<Result | void> {
    const { client, sessions } = this.#options;
    const object = await client.get(FileWatch, request);
    if (!object || isBeingDeleted(object)) return sessions.close(request);
    if (object.spec.disabled) {
      sessions.close(request);
      await client.setStatus(FileWatch, object, withReady(object, DISABLED));
      return undefined;
    }
    const session = sessions.ensure(request);
    await this.#watch(object, session);
    session.resumeIfAsked(object);
    await this.#report(object, session);
    return session.missing.length > 0 ? { requeueAfterMs: MISSING_MS } : undefined;
  }

  async #watch(object: FileWatchObject, session: WatchSession): Promise<void> {
    const { client, recorder, rootOf, stateDirectory, log } = this.#options;
    try {
      const isFirst = session.monitorStartTime === undefined;
      const root = await rootOf(object.metadata.namespace ?? "");
      const isNew = await session.watch(monitorSpecOf(object.spec, root, stateDirectory));
      const sinceMs = isFirst && isNew ? lastLookMs(object) : undefined;
      if (sinceMs !== undefined)
        session
          .catchUp(sinceMs)
          .catch((error: unknown) => log.warn({ error }, "cannot compare with the last run"));
    } catch (error) {
      recorder.event(object, "Warning", "WatchFailed", `Cannot watch: ${messageOf(error)}`);
      await client.setStatus(FileWatch, object, withReady(object, failed(error)));
      throw error;
    }
  }

  /** Nothing is lost if this fails: what is pending stays so until it is in the status. */
  async #report(object: FileWatchObject, session: WatchSession): Promise<void> {
    const wasSuspended = session.suspension !== undefined;
    if (session.isSuspicious) for (const event of session.pending) await this.#judge(object, session, event);
    const pending = [...session.pending];
    const judging = session.isSuspicious ? [] : pending.map((event) => this.#judge(object, session, event));
    await this.#write(object, session, pending);
    await Promise.all(judging);
    session.reported(pending);
    if (session.suspension && !wasSuspended) this.#tellOfLoop(object, session);
  }

  async #judge(object: FileWatchObject, session: WatchSession, event: PendingEvent): Promise<void> {
    if (session.isJudged(event)) return;
    const runs = session.isRepeat(event) ? await runsOf(this.#options.client, object) : [];
    session.judge(event, runs, object);
  }

  async #write(
    object: FileWatchObject,
    session: WatchSession,
    pending: readonly PendingEvent[],
  ): Promise<void> {
    const { client } = this.#options;
    const status = statusOf(object, session, pending);
    const written = client.setStatus(FileWatch, object, status);
    const stamped = await this.#stamp(object, pending.at(-1)?.time);
    const current = await written;
    if (stamped !== undefined && stamped !== status.stampedObjects)
      await client.setStatus(FileWatch, current, { ...status, stampedObjects: stamped });
  }

  async #stamp({ spec, metadata }: FileWatchObject, time: string | undefined): Promise<number | undefined> {
    if (!spec.selector || time === undefined) return undefined;
    const namespace = metadata.namespace ?? "";
    return stampObjects(this.#options.client, { namespace, selector: spec.selector, time });
  }

  #tellOfLoop(object: FileWatchObject, session: WatchSession): void {
    const { recorder, log } = this.#options;
    const { conditions } = statusOf(object, session, []);
    const message = conditions?.find(({ type }) => type === "Ready")?.message ?? "";
    log.warn({ name: object.metadata.name, files: session.suspension?.looping }, "watch triggers itself");
    recorder.event(object, "Warning", "LoopDetected", message);
  }
}

/** When an earlier server last knew the state of the files, if it watched what this one is to watch. */
function lastLookMs({ metadata, status }: FileWatchObject): number | undefined {
  if (!status?.monitorStartTime || status.observedGeneration !== metadata.generation) return undefined;
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status !== "True") return undefined;
  return Math.max(Date.parse(status.monitorStartTime), Date.parse(status.lastEventTimestamp ?? "") || 0);
}
