import { invalid, type StatusError } from "../../apis/errors.ts";
import { escapeFieldValue } from "../../apis/selectors.ts";
import { WATCH_OFFER } from "../codec/index.ts";
import type { ResourceContext } from "../http/context.ts";
import { methodNotAllowed, statusErrorOf, unknownPath } from "../http/errors.ts";
import { assertReached, Feed, OutletSink, type FeedOptions } from "../watch/index.ts";
import { booleanOf, integerOf, listOptionsOf } from "./options.ts";
import { includeObjectOf, representationOf } from "./respond.ts";
import { openStream, outletOf } from "./stream.ts";

/** How long a client may take to read the end, once there is one. */
const END_MS = 1_000;

/** `GET …/{plural}?watch=true`: a line for every event, until the client, the time or the server ends it. */
export async function watchRoute(context: ResourceContext): Promise<void> {
  const { identity, kind, limits, reply, store, traffic } = context;
  const { as, contentType } = representationOf(context, WATCH_OFFER);
  const options = feedOptionsOf(context);
  const view = { kind, as, includeObject: includeObjectOf(context) };
  // Each event is a text, whatever subprotocol a client has offered to bring its token along.
  const outlet = outletOf(context, () => "text");
  const sink = new OutletSink(outlet, view, limits);
  const feed = new Feed(store, { ...options, bookmarkIntervalMs: limits.bookmarkIntervalMs }, sink);
  const signal = traffic.openStream(reply.raw, identity, options.timeoutMs);
  await openStream(reply, outlet, contentType);
  const error = await feed.run(signal).then(() => undefined, statusErrorOf);
  if (error) sink.fail(error);
  outlet.end(END_MS);
}

/**
 * `GET /api/v1/watch/…`, the way of asking for a watch that was before `?watch`: of a collection or, with a name, of
 * that one object (rule 98).
 */
export function watchByPath(context: ResourceContext): Promise<void> {
  const { kind, query, request, resource } = context;
  const { name, namespace, subresource } = resource;
  if (subresource !== "" || (name && kind.namespaced && !namespace)) throw unknownPath();
  if (request.method !== "GET") throw methodNotAllowed(request.method);
  const selectors = [query.get("fieldSelector") ?? "", name && `metadata.name=${escapeFieldValue(name)}`];
  query.set("fieldSelector", selectors.filter((selector) => selector !== "").join(","));
  return watchRoute({ ...context, resource: { ...resource, name: "" } });
}

function feedOptionsOf(context: ResourceContext): FeedOptions & { timeoutMs: number } {
  const { kind, query, registry, store } = context;
  const { namespace, labelSelector, fieldSelector, resourceVersion, resourceVersionMatch } =
    listOptionsOf(context);
  const sendInitialEvents = booleanOf(query, "sendInitialEvents");
  const bookmarks = booleanOf(query, "allowWatchBookmarks") ?? false;
  checkInitialEvents(sendInitialEvents, resourceVersionMatch);
  if (sendInitialEvents) assertReached(store, resourceVersion);
  return {
    kind,
    lifetime: registry.kinds.lifetimeOf?.(kind),
    namespace,
    labelSelector,
    fieldSelector,
    resourceVersion,
    sendInitialEvents,
    bookmarks,
    // Rule 93: also for who does not know how to ask.
    bookmarkInitialEnd: bookmarks && (sendInitialEvents ?? !resourceVersion),
    timeoutMs: timeoutMsOf(query),
  };
}

/** Rule 93. */
function checkInitialEvents(sendInitialEvents: boolean | undefined, match: string | undefined): void {
  if (sendInitialEvents === undefined && match !== undefined) {
    throw refusal("resourceVersionMatch", "is forbidden for watch unless sendInitialEvents is provided");
  }
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    throw refusal("resourceVersionMatch", "sendInitialEvents requires resourceVersionMatch NotOlderThan");
  }
}

const refusal = (field: string, message: string): StatusError =>
  invalid({ group: "meta.k8s.io", kind: "ListOptions", name: "" }, [
    { field, message: `Forbidden: ${message}`, reason: "FieldValueForbidden" },
  ]);

const MIN_TIMEOUT_MS = 30 * 60_000;
/** The longest that a timer can wait. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Spread out by default, so that not all clients come back at once. */
function timeoutMsOf(query: URLSearchParams): number {
  const seconds = integerOf(query, "timeoutSeconds");
  if (seconds === undefined || seconds <= 0) return MIN_TIMEOUT_MS * (1 + Math.random());
  return Math.min(seconds * 1000, MAX_TIMEOUT_MS);
}
