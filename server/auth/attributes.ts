import { resourcePathOf, type ResourcePath } from "../http/requestinfo.ts";
import { booleanOf } from "../routes/options.ts";

/** What is to be done to which resource. `*` stands for all, where somebody asks whether it would be allowed. */
export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Empty: the object itself. */
  readonly subresource: string;
  /** Empty: all of them, or none for what is in no namespace. */
  readonly namespace: string;
  /** Empty: all of them. */
  readonly name: string;
}

/** A path that names no resource, such as `/version`. */
export interface PathAttributes {
  readonly verb: string;
  readonly path: string;
}

export type Attributes = ResourceAttributes | PathAttributes;

const VERBS: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** What the path itself may say, instead of the query (rule 98). */
const WATCHED = new URLSearchParams("watch=1");

/**
 * What a request asks for, as Kubernetes derives it.
 *
 * @throws StatusError `BadRequest` for a path that can name nothing.
 */
export function attributesOf(method: string, url: string): Attributes {
  const at = url.indexOf("?");
  const path = at < 0 ? url : url.slice(0, at);
  const place = resourcePathOf(path);
  if (!place) return { verb: method.toLowerCase(), path };
  return resourceAttributesOf(method, place, new URLSearchParams(at < 0 ? "" : url.slice(at + 1)));
}

/** The same, of a path that has been read. */
export function resourceAttributesOf(
  method: string,
  { group, plural, subresource, isWatch, ...place }: ResourcePath,
  query: URLSearchParams,
): ResourceAttributes {
  const isAboutOne = place.name !== "";
  const asked = (Object.hasOwn(VERBS, method) && VERBS[method]) || method.toLowerCase();
  return {
    verb: isAboutOne && !isWatch ? asked : collectionVerb(asked, isWatch ? WATCHED : query),
    group,
    resource: plural,
    subresource,
    namespace: namespaceOf(group, plural, place),
    name: isAboutOne || asked !== "get" ? place.name : selectedName(query),
  };
}

function collectionVerb(asked: string, query: URLSearchParams): string {
  if (asked === "delete") return "deletecollection";
  if (asked !== "get") return asked;
  return booleanOf(query, "watch") === true ? "watch" : "list";
}

/** A Namespace is in itself: so may see it who may see what is in it. */
const namespaceOf = (
  group: string,
  plural: string,
  { namespace, name }: Pick<ResourcePath, "namespace" | "name">,
) => (group === "" && plural === "namespaces" ? name : namespace);

/** A list of one, as `kubectl get NAME -w` asks for it. */
const selectedName = (query: URLSearchParams): string =>
  /(?:^|,)metadata\.name==?([a-z0-9.-]+)(?:,|$)/.exec(query.get("fieldSelector") ?? "")?.[1] ?? "";
