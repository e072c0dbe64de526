import { isReason } from "../../../apis/errors.ts";
import { type AnyKind, type DiscoveredKind, dynamicKind, type HttpTransport } from "../../../client/index.ts";
import { Problem } from "../problem.ts";

interface Resource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs?: string[];
}

interface GroupList {
  kind?: string;
  versions?: string[];
  groups?: { name: string; versions?: { groupVersion: string }[] }[];
}

/** The kinds that a cluster serves, each group asked for when it is needed. */
export class Kinds {
  readonly #transport: HttpTransport;
  readonly #known = new Map<string, Promise<readonly AnyKind[]>>();

  constructor(transport: HttpTransport) {
    this.#transport = transport;
  }

  /** The kind, if the cluster has it. What is not known may be new, and is asked for. */
  async find({ apiVersion, kind }: { apiVersion: string; kind: string }): Promise<AnyKind | undefined> {
    const find = async () => (await this.#kindsIn(apiVersion)).find((each) => each.kind === kind);
    const found = await find();
    if (found) return found;
    this.forget(apiVersion);
    return find();
  }

  /** A kind in whatever version its group is served in. */
  async findAny({ apiVersion, kind }: { apiVersion: string; kind: string }): Promise<AnyKind | undefined> {
    const known = await this.find({ apiVersion, kind });
    if (known) return known;
    for (const version of await this.#versionsOf(groupOf(apiVersion))) {
      const found = await this.find({ apiVersion: version, kind });
      if (found) return found;
    }
    return undefined;
  }

  forget(apiVersion: string): void {
    this.#known.delete(apiVersion);
  }

  #kindsIn(apiVersion: string): Promise<readonly AnyKind[]> {
    const known = this.#known.get(apiVersion);
    if (known) return known;
    const kinds = this.#discover(apiVersion);
    this.#known.set(apiVersion, kinds);
    kinds.catch(() => this.#known.delete(apiVersion));
    return kinds;
  }

  async #discover(apiVersion: string): Promise<readonly AnyKind[]> {
    const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    try {
      const { resources = [] } = await this.#ask<{ resources?: Resource[] }>(path);
      return resources
        .filter(({ name }) => !name.includes("/"))
        .map((resource) => dynamicKind(discovered(apiVersion, resource)));
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
      // Whoever is between here and the cluster may answer 404 as well.
      if ((await this.#versionsOf(groupOf(apiVersion))).includes(apiVersion)) throw notFoundBetween(path);
      return [];
    }
  }

  /** @throws Problem if it is no cluster that answers. */
  async #versionsOf(group: string): Promise<string[]> {
    const path = group ? "/apis" : "/api";
    const {
      kind,
      versions = [],
      groups = [],
    } = await this.#ask<GroupList>(path).catch((error: unknown) => {
      throw isReason(error, "NotFound") ? notFoundBetween(path) : error;
    });
    if (!group) return versions;
    if (kind !== "APIGroupList") throw notFoundBetween(path);
    const found = groups.find(({ name }) => name === group)?.versions ?? [];
    return found.map(({ groupVersion }) => groupVersion);
  }

  async #ask<T>(path: string): Promise<T> {
    const { body } = await this.#transport.request("GET", path);
    try {
      return JSON.parse(body.toString("utf8")) as T;
    } catch {
      throw notFoundBetween(path);
    }
  }
}

/** That an object, or a kind, is not there is believed to the API server alone. */
export const notFoundBetween = (path: string): Problem =>
  new Problem(
    "ClusterFailed",
    `what answers at ${path} is not the API server of a cluster, but perhaps a proxy before it; it is asked again`,
    { isPassing: true },
  );

const groupOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";

function discovered(apiVersion: string, { name, kind, namespaced, verbs = [] }: Resource): DiscoveredKind {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  return {
    group: group!,
    version: version!,
    plural: name,
    kind,
    singular: kind.toLowerCase(),
    short: [],
    categories: [],
    namespaced,
    verbs,
    subresources: [],
  };
}
