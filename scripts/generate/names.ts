import type { Kind } from "../../apis/kind.ts";

/** By which examples and pages tell kinds apart: `Pod`, or `Event.events.k8s.io` for another version of a kind. */
export const fullNameOf = ({ kind, group, view }: Kind): string =>
  view && group ? `${kind}.${group}` : kind;

/** Name of the page of a kind. */
export const pageNameOf = (kind: Kind): string => `${fullNameOf(kind).toLowerCase()}.md`;
