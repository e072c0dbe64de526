import { objectDecoder } from "../codec/index.ts";
import type { RequestContext } from "../http/context.ts";
import { methodNotAllowed } from "../http/errors.ts";
import type { ResourcePath } from "../http/requestinfo.ts";
import { decodeBody } from "./body.ts";
import { sendValue } from "./respond.ts";

/** Whoever has the token may do everything, so these need no kind and are not stored (rule 109). */
const STATUSES: Readonly<Record<string, { kind: string; status: object }>> = {
  "authorization.k8s.io/v1/selfsubjectaccessreviews": {
    kind: "SelfSubjectAccessReview",
    status: { allowed: true },
  },
  "authorization.k8s.io/v1/selfsubjectrulesreviews": {
    kind: "SelfSubjectRulesReview",
    status: {
      resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
      nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
      incomplete: false,
    },
  },
  "authentication.k8s.io/v1/selfsubjectreviews": {
    kind: "SelfSubjectReview",
    status: { userInfo: { username: "tiltish", groups: ["system:masters", "system:authenticated"] } },
  },
};

/** `POST` of a question about oneself: 201 and the answer. Undefined for any other path. */
export function reviewRoute(
  context: RequestContext,
  { group, version, plural, name }: ResourcePath,
): (() => Promise<void>) | undefined {
  const id = `${group}/${version}/${plural}`;
  if (name || !Object.hasOwn(STATUSES, id)) return undefined;
  const { kind, status } = STATUSES[id]!;
  return async () => {
    const { request } = context;
    if (request.method !== "POST") throw methodNotAllowed(request.method);
    const { value } = await decodeBody(context, objectDecoder(request.headers["content-type"], true));
    const spec = (value as { spec?: object } | null)?.spec;
    const review = { kind, apiVersion: `${group}/${version}`, metadata: {}, ...(spec && { spec }), status };
    await sendValue(context, review, { code: 201, format: "json", contentType: "application/json" });
  };
}
