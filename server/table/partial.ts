import type { KubeObject, ListMeta, ObjectMeta } from "../../apis/meta.ts";

export const META_VERSION = "meta.k8s.io/v1";

/** An object of which only the metadata is told. */
interface PartialObjectMetadata extends KubeObject {
  kind: "PartialObjectMetadata";
  apiVersion: typeof META_VERSION;
  metadata: ObjectMeta;
}

/** What `as=PartialObjectMetadata` answers for one object. */
export const partialObjectMetadata = ({ metadata }: Pick<KubeObject, "metadata">): PartialObjectMetadata => ({
  kind: "PartialObjectMetadata",
  apiVersion: META_VERSION,
  metadata,
});

/** What `as=PartialObjectMetadataList` answers for a list; `metadata` is that of the list itself. */
export const partialObjectMetadataList = (objects: readonly KubeObject[], metadata: ListMeta) => ({
  kind: "PartialObjectMetadataList",
  apiVersion: META_VERSION,
  metadata,
  items: objects.map(partialObjectMetadata),
});
