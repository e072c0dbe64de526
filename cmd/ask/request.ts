import type { KubeObject } from "../../apis/meta.ts";
import type { RequestType } from "../../apis/v1alpha1/index.ts";
import type { Session } from "../connect/session.ts";
import { namePath } from "../get/query.ts";
import { queryOf } from "../resources/paths.ts";
import type { NamedObject } from "../resources/runnable.ts";

export interface AskedFor {
  type: RequestType;
  inputs?: Readonly<Record<string, string>>;
}

/** Asks for it by the `trigger` subresource. @returns the object with the request on it. */
export async function ask(
  session: Session,
  { type, object }: NamedObject,
  asked: AskedFor,
): Promise<KubeObject> {
  const { name, namespace } = object.metadata;
  const path = `${namePath(type, namespace, name)}/trigger${queryOf({ fieldManager: "tiltish" })}`;
  const { body } = await session.transport.request("POST", path, {
    body: asked,
    headers: traceOf(process.env),
  });
  return JSON.parse(body.toString("utf8")) as KubeObject;
}

/** Whoever runs us within a trace gets what we ask for into the same one. */
const traceOf = ({ TRACEPARENT, TRACESTATE }: NodeJS.ProcessEnv): Record<string, string> => ({
  ...(isHeader(TRACEPARENT) && { traceparent: TRACEPARENT }),
  ...(isHeader(TRACEPARENT) && isHeader(TRACESTATE) && { tracestate: TRACESTATE }),
});

const isHeader = (text: string | undefined): text is string =>
  text !== undefined && /^[\x20-\x7e]+$/.test(text);
