import type { RequestOptions } from "node:https";
import { isReason } from "../../../apis/errors.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import {
  type AnyKind,
  Client,
  type DiscoveredKind,
  dynamicKind,
  type HttpAccess,
  HttpTransport,
} from "../../../client/index.ts";
import { Problem } from "../problem.ts";
import type { Target } from "../target/index.ts";
import { problemOf } from "./problems.ts";

/** A cluster that is asleep, or behind a firewall, never answers. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Plugins that hand out credentials may take a second, and are not asked for each request. */
const ACCESS_MS = 30_000;
/** Whom what we set belongs to. */
const FIELD_MANAGER = "tiltish";

interface Resource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs?: string[];
}

/**
 * One cluster. Requests, watches and logs go through our own client, which takes up a watch where it broke and leaves
 * objects as they are; from the library come kubeconfigs and the ways to log in.
 */
export class Cluster {
  readonly target: Target;
  readonly transport: HttpTransport;
  readonly client: Client;
  readonly #kinds = new Map<string, Promise<readonly AnyKind[]>>();
  #access: { answer: Promise<HttpAccess>; untilMs: number } | undefined;

  constructor(target: Target) {
    this.target = target;
    this.transport = new HttpTransport({
      server: target.server,
      access: () => this.access(),
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
    });
    this.client = new Client(this.transport, { namespace: target.namespace, fieldManager: FIELD_MANAGER });
  }

  /** How requests are made to be believed. */
  access(): Promise<HttpAccess> {
    if (this.#access && Date.now() < this.#access.untilMs) return this.#access.answer;
    const answer = this.#ask();
    this.#access = { answer, untilMs: Date.now() + ACCESS_MS };
    answer.catch(() => (this.#access = undefined));
    return answer;
  }

  /** As it is told by what was thrown; credentials that were refused are not used again. */
  problemOf(error: unknown): Problem {
    const problem = problemOf(error, this.target);
    if (problem.reason === "Unauthorized") this.#access = undefined;
    return problem;
  }

  /**
   * The kind that an object is of.
   *
   * @throws Problem if the cluster does not have it.
   */
  async kindOf({ apiVersion = "v1", kind }: { apiVersion?: string; kind: string }): Promise<AnyKind> {
    const find = async () => (await this.#kindsIn(apiVersion)).find((each) => each.kind === kind);
    const found = await find();
    if (found) return found;
    // It may be a definition that is new.
    this.#kinds.delete(apiVersion);
    const fresh = await find();
    if (fresh) return fresh;
    throw new Problem(
      "UnknownKind",
      `the cluster has no kind ${kind} in ${apiVersion}: correct apiVersion and kind, or apply its CustomResourceDefinition first`,
      { isPassing: true },
    );
  }

  /** The object as it is in the cluster. */
  async read(ref: {
    apiVersion?: string;
    kind: string;
    name: string;
    namespace?: string;
  }): Promise<KubeObject | undefined> {
    const kind = await this.kindOf(ref);
    return await this.client.get(kind, ref);
  }

  close(): void {
    this.transport.close();
  }

  #kindsIn(apiVersion: string): Promise<readonly AnyKind[]> {
    const known = this.#kinds.get(apiVersion);
    if (known) return known;
    const kinds = this.#discover(apiVersion);
    this.#kinds.set(apiVersion, kinds);
    kinds.catch(() => this.#kinds.delete(apiVersion));
    return kinds;
  }

  async #discover(apiVersion: string): Promise<readonly AnyKind[]> {
    const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    try {
      const { body } = await this.transport.request("GET", path);
      const { resources = [] } = JSON.parse(body.toString("utf8")) as { resources?: Resource[] };
      return resources
        .filter(({ name }) => !name.includes("/"))
        .map((resource) => dynamicKind(discovered(apiVersion, resource)));
    } catch (error) {
      if (isReason(error, "NotFound")) return [];
      throw error;
    }
  }

  async #ask(): Promise<HttpAccess> {
    const options: RequestOptions & { servername?: string } = { headers: {} };
    const { config } = this.target;
    await config.applyToHTTPSOptions(options);
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername, auth } = options;
    const tls = Object.fromEntries(
      Object.entries({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const basic: Record<string, string> = auth
      ? { authorization: `Basic ${Buffer.from(auth).toString("base64")}` }
      : {};
    const isProxied = config.getCurrentCluster()?.proxyUrl !== undefined;
    return {
      headers: { ...(options.headers as Record<string, string>), ...basic },
      tls,
      ...(isProxied && typeof options.agent === "object" && { agent: options.agent }),
    };
  }
}

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
