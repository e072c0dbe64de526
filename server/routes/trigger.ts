import { randomBytes } from "node:crypto";
import { conflict } from "../../apis/errors.ts";
import { TRIGGER_ANNOTATION, type KubeObject } from "../../apis/meta.ts";
import type { RequestType, TriggerRequest } from "../../apis/v1alpha1/index.ts";
import { OBJECT_OFFER } from "../codec/index.ts";
import type { ResourceContext } from "../http/context.ts";
import { decodeOptionalBody } from "./body.ts";
import { targetOf } from "./get.ts";
import { writeOptionsOf } from "./options.ts";
import { representationOf, sendObject, warn } from "./respond.ts";
import { triggerRequestOf } from "./triggerbody.ts";

/**
 * `POST …/{plural}/{name}/trigger`: writes the cause of a run, or of the end of one, where its controller looks for it.
 * 201 and the object; its `status.observedTrigger` becomes the value of the annotation once that was acted on.
 */
export async function triggerRoute(context: ResourceContext): Promise<void> {
  const { registry } = context;
  const representation = representationOf(context, OBJECT_OFFER);
  const asked = triggerRequestOf(context, await decodeOptionalBody(context));
  const { subresource: _, ...options } = writeOptionsOf(context, []);
  const target = targetOf(context);
  assertEnabled(context, registry.get(target).object);
  const annotations = { [TRIGGER_ANNOTATION]: JSON.stringify(causeOf(context, asked)) };
  const written = await registry.patch(
    target,
    { type: "merge", body: { metadata: { annotations } } },
    options,
  );
  warn(context, written.warnings);
  await sendObject(context, written, { representation, code: 201 });
}

/** @throws StatusError `Conflict`: what is disabled would run much later, when nobody expects it any more. */
function assertEnabled({ kind, resource }: ResourceContext, { spec }: KubeObject): void {
  if (!(spec as { disabled?: boolean } | undefined)?.disabled) return;
  const { group, plural } = kind;
  throw conflict(
    { group, plural, name: resource.name },
    `it is disabled, and nothing was asked of it; enable it first: tiltish enable ${resource.name}`,
  );
}

const MESSAGES: Readonly<Record<RequestType, string>> = {
  Trigger: "triggered by hand",
  Restart: "restarted by hand",
  Stop: "stopped by hand",
  Cancel: "canceled by hand",
};

const causeOf = (context: ResourceContext, { type, inputs }: TriggerRequest) => ({
  type,
  message: MESSAGES[type],
  time: `${new Date().toISOString().slice(0, 23)}000Z`,
  ...traceOf(context),
  ...(inputs && Object.keys(inputs).length > 0 && { inputs }),
});

/** Within the trace of who asks, if it says which that is (W3C trace context); else in one of its own. */
function traceOf({ request }: ResourceContext): { traceparent: string; tracestate?: string } {
  const { traceparent = "", tracestate } = request.headers;
  const traceId = /^00-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-/.exec(String(traceparent))?.[1];
  const isState =
    traceId !== undefined && typeof tracestate === "string" && /^[\x20-\x7e]{1,512}$/.test(tracestate);
  return {
    traceparent: `00-${traceId ?? randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`,
    ...(isState && { tracestate }),
  };
}
