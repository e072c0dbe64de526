import { qualified, StatusError, type StatusDetails } from "../../apis/errors.ts";
import type { Attributes, ResourceAttributes } from "./attributes.ts";
import { decide } from "./authorize.ts";
import type { Identity } from "./identity.ts";

/** @throws StatusError `Forbidden` if somebody may not do something. */
export function assertAllowed(identity: Identity, asked: Attributes): void {
  if (!decide(identity, asked).allowed) throw notAllowed(identity, asked);
}

/** 403 in the words of Kubernetes, which clients show and scripts match (rule 113). */
function notAllowed({ name }: Identity, asked: Attributes): StatusError {
  if ("path" in asked) {
    const why = `User ${quote(name)} cannot ${asked.verb} path ${quote(asked.path)}`;
    return new StatusError(403, "Forbidden", `forbidden: ${why}`, {});
  }
  const what = asked.name === "" ? subject(asked) : `${subject(asked)} ${quote(asked.name)}`;
  return new StatusError(403, "Forbidden", `${what} is forbidden: ${whyNot(name, asked)}`, detailsOf(asked));
}

const subject = ({ group, resource }: ResourceAttributes): string => qualified({ group, plural: resource });

function whyNot(user: string, { verb, group, resource, subresource, namespace }: ResourceAttributes): string {
  const plural = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${quote(namespace)}`;
  return `User ${quote(user)} cannot ${verb} resource ${quote(plural)} in API group ${quote(group)} ${where}`;
}

const detailsOf = ({ group, resource, name }: ResourceAttributes): StatusDetails => ({
  ...(name && { name }),
  ...(group && { group }),
  kind: resource,
});

const quote = (text: string): string => JSON.stringify(text);
