import { isReason } from "../../apis/errors.ts";
import { FILE_WATCH_TIMESTAMP_ANNOTATION } from "../../apis/meta.ts";
import {
  CFAppSync,
  CustomImage,
  DockerImage,
  K8sResource,
  LocalProcess,
  LocalResource,
  type FileWatchSpec,
} from "../../apis/v1alpha1/index.ts";
import { labelSelectorToString, type AnyKind, type Client } from "../../client/index.ts";

/** The kinds that run something, and can therefore be told to run again. */
const STAMPED_KINDS: readonly AnyKind[] = [
  LocalProcess,
  LocalResource,
  DockerImage,
  CustomImage,
  K8sResource,
  CFAppSync,
];

export interface Stamp {
  readonly namespace: string;
  readonly selector: NonNullable<FileWatchSpec["selector"]>;
  /** Time of the change. */
  readonly time: string;
}

/** Writes the time onto all objects that the selector matches, and answers how many these are. */
export async function stampObjects(client: Client, stamp: Stamp): Promise<number> {
  const counts = await Promise.all(STAMPED_KINDS.map((kind) => stampKind(client, kind, stamp)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function stampKind(
  client: Client,
  kind: AnyKind,
  { namespace, selector, time }: Stamp,
): Promise<number> {
  const { items } = await client.list(kind, { namespace, labelSelector: labelSelectorToString(selector) });
  const annotations = { [FILE_WATCH_TIMESTAMP_ANNOTATION]: time };
  const stamped = await Promise.all(
    items.map(async ({ metadata }) => {
      try {
        await client.patch(kind, metadata, { metadata: { annotations } });
        return 1;
      } catch (error) {
        if (isReason(error, "NotFound")) return 0; // deleted in between
        throw error;
      }
    }),
  );
  return stamped.reduce<number>((sum, one) => sum + one, 0);
}
