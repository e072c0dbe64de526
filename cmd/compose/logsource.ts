import {
  childNameOf,
  CustomImage,
  imageBuildNameOf,
  LocalProcess,
  LocalResource,
} from "../../apis/v1alpha1/index.ts";
import type { Kind } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { Pod } from "../../apis/views/index.ts";
import type { Client } from "../../client/index.ts";
import { logDirectoryIn, type LogOptions, openLog } from "../../controllers/runtime/index.ts";
import type { LogSource } from "../../server/index.ts";
import { logOptionsOf } from "./logquery.ts";
import { mergeStreams } from "./merge-streams.ts";
import { podLogOptionsOf } from "./podlogs.ts";

/** The output of a LocalProcess, in whatever form, of the build and the server of a LocalResource, or of the build of an image. */
export function logSourceOf(stateDirectory: string, client: () => Client): LogSource {
  const directory = logDirectoryIn(stateDirectory);

  const ofProcess = (process: KubeObject, options: LogOptions, signal: AbortSignal) => {
    const { namespace = "", name, uid = "" } = process.metadata;
    return openLog(directory, { namespace, name, uid }, options, signal);
  };

  async function* ofResource(resource: KubeObject, options: LogOptions, signal: AbortSignal) {
    const { namespace } = resource.metadata;
    const names = childNamesOf(resource);
    const children = await Promise.all(
      names.map((each) => client().get(LocalProcess, { namespace, name: each })),
    );
    const streams = children.flatMap((child) => (child ? [ofProcess(child, options, signal)] : []));
    // What an image writes of itself: that it is pushed, and how it ended.
    const own = resource.kind === CustomImage.kind ? [ofProcess(resource, options, signal)] : [];
    yield* mergeStreams([...streams, ...own]);
  }

  return ({ kind, object }, query, signal) => {
    if (isSame(kind, Pod)) return ofProcess(object, podLogOptionsOf(object, query), signal);
    const options = logOptionsOf(query, object.metadata.name);
    return isSame(kind, LocalResource) || isSame(kind, CustomImage)
      ? ofResource(object, options, signal)
      : ofProcess(object, options, signal);
  };
}

function childNamesOf({ kind, metadata: { name } }: KubeObject): string[] {
  if (kind === CustomImage.kind) return [imageBuildNameOf(name)];
  return (["build", "serve"] as const).map((role) => childNameOf(name, role));
}

type Named = Pick<Kind, "group" | "kind">;

const isSame = (a: Named, b: Named): boolean => a.group === b.group && a.kind === b.kind;
