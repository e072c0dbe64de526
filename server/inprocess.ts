import { badRequest, notFound } from "../apis/errors.ts";
import { apiVersionOf, type Kind, listKindOf } from "../apis/kind.ts";
import type { ObjectRef, ResourceRef, Transport } from "../apis/transport.ts";
import type { LogSource } from "./http/index.ts";
import type { Registry, Target } from "./registry/index.ts";
import { metadataOf, type Store } from "./storage/index.ts";
import { partialObjectMetadata } from "./table/index.ts";
import { watchObjects } from "./watch/index.ts";

interface Parts {
  store: Store;
  registry: Registry;
  logSource?: LogSource;
}

/**
 * The API without the socket and the text: the same admission and the same store as over HTTP.
 *
 * What is handed out is shared with everybody else, and frozen.
 */
export function inProcessTransport({ store, registry, logSource }: Parts): Transport {
  const kindOf = (ref: ResourceRef): Kind => {
    const kind = registry.kinds.find(ref.group, ref.version, ref.plural);
    if (!kind) throw notFound({ ...ref, name: ref.plural });
    return kind;
  };
  const targetOf = (ref: ObjectRef): Target => ({
    kind: kindOf(ref),
    namespace: ref.namespace,
    name: ref.name,
  });

  return {
    get: async (ref) => registry.get(targetOf(ref)).object,
    async list(resource, options = {}) {
      const kind = kindOf(resource);
      const { items, revision, ...page } = registry.list({ kind, namespace: options.namespace }, options);
      const metadata = { resourceVersion: String(revision), ...page };
      return {
        apiVersion: apiVersionOf(kind),
        kind: listKindOf(kind),
        metadata,
        items: items.map((state) =>
          options.metadataOnly ? partialObjectMetadata({ metadata: metadataOf(state) }) : state.object,
        ),
      };
    },
    async create(ref, object, options = {}) {
      return (await registry.create({ kind: kindOf(ref), namespace: ref.namespace }, object, options)).object;
    },
    async update({ subresource, ...ref }, object, options = {}) {
      return (await registry.update(targetOf(ref), object, { ...options, subresource })).object;
    },
    async patch({ subresource, ...ref }, patch, options = {}) {
      return (await registry.patch(targetOf(ref), patch, { ...options, subresource })).object;
    },
    delete: async (ref, options = {}) => (await registry.delete(targetOf(ref), options)).object,
    async deleteCollection(resource, options = {}) {
      const kind = kindOf(resource);
      if (kind.namespaced && !options.namespace) throw badRequest("name the namespace to delete from");
      const { items } = await registry.deleteCollection({ kind, namespace: options.namespace }, options);
      return items.map(({ object }) => object);
    },
    watch(resource, options = {}) {
      const kind = kindOf(resource);
      return watchObjects(store, kind, { ...options, lifetime: registry.kinds.lifetimeOf?.(kind) });
    },
    log(ref, query, signal) {
      const target = targetOf(ref);
      if (!logSource || !target.kind.subresources.log) throw badRequest(`${ref.plural} have no log`);
      const { object } = registry.get(target);
      return logSource({ ...target, object }, query, signal ?? new AbortController().signal);
    },
  };
}
