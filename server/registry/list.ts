import { badRequest, invalid } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { ListOptions } from "../../apis/transport.ts";
import { compareKeys, notReached, type Store, type Stored } from "../storage/index.ts";
import { decodeContinue, encodeContinue, type Position } from "./continue.ts";
import { allViewed, candidatesOf, matcherOf } from "./selection.ts";
import { scopeOf } from "./subject.ts";
import type { Collection, Listed } from "./types.ts";

/**
 * The objects of a collection in one consistent state, sorted by namespace and name (rules 77-81).
 *
 * @throws StatusError `BadRequest` for a bad selector or token, `Invalid` for options that do not go together,
 *   `Expired` for a state that is no longer kept, `Timeout` for one that is yet to come.
 */
export function list(store: Store, collection: Collection, options: ListOptions): Listed {
  checkOptions(collection.kind, options);
  const from = options.continue ? decodeContinue(options.continue, store.revision) : undefined;
  const revision = from?.revision ?? revisionFor(store, options);
  const selection = { ...options, ...collection };
  const isNow = revision === store.revision;
  const candidates = isNow
    ? candidatesOf(store, selection)
    : allViewed(collection.kind, store.listAt(scopeOf(collection), revision));
  const matches = matcherOf(selection);
  const rest = from ? after(candidates, from) : candidates;
  const items = matches ? rest.filter(matches) : rest;
  return page(items, revision, options);
}

function checkOptions(kind: Kind, options: ListOptions): void {
  const { resourceVersion, resourceVersionMatch, continue: token } = options;
  const refuse = (message: string) => {
    throw invalid({ group: "meta.k8s.io", kind: "ListOptions", name: kind.plural }, [
      { field: "resourceVersionMatch", message: `Forbidden: ${message}`, reason: "FieldValueForbidden" },
    ]);
  };
  if (resourceVersion !== undefined && resourceVersion !== "" && !isRevision(resourceVersion)) {
    throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: must be a number`);
  }
  if (token && resourceVersion && resourceVersion !== "0") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  if (resourceVersionMatch === undefined) return;
  if (!["Exact", "NotOlderThan"].includes(resourceVersionMatch))
    refuse("supported values: Exact, NotOlderThan");
  if (!resourceVersion) refuse("resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (resourceVersionMatch === "Exact" && resourceVersion === "0")
    refuse('Exact is forbidden for resourceVersion "0"');
  if (token) refuse("resourceVersionMatch is forbidden when continue is provided");
}

/** Of 64 bits: what is beyond has never been one, and never will be. */
const isRevision = (text: string): boolean => /^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n;

function revisionFor(store: Store, { resourceVersion, resourceVersionMatch, limit }: ListOptions): number {
  const asked = Number(resourceVersion ?? 0);
  if (asked > store.revision) throw notReached(asked, store.revision);
  const exact =
    resourceVersionMatch === "Exact" || (resourceVersionMatch === undefined && limit && asked > 0);
  return exact ? asked : store.revision;
}

function after(items: readonly Stored[], position: Position): readonly Stored[] {
  const start = items.findIndex(({ key }) => compareKeys(key, position) > 0);
  return start < 0 ? [] : items.slice(start);
}

function page(items: readonly Stored[], revision: number, options: ListOptions): Listed {
  const { limit, labelSelector, fieldSelector } = options;
  if (!limit || limit < 0 || items.length <= limit) return { items, revision };
  const shown = items.slice(0, limit);
  const { namespace, name } = shown.at(-1)!.key;
  return {
    items: shown,
    revision,
    continue: encodeContinue({ revision, namespace, name }),
    ...(!labelSelector && !fieldSelector && { remainingItemCount: items.length - limit }),
  };
}
