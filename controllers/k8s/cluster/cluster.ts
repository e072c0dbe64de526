import { isReason } from "../../../apis/errors.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import { type AnyKind, Client, type HttpAccess, HttpTransport, versionOf } from "../../../client/index.ts";
import { Problem } from "../problem.ts";
import type { Target } from "../target/index.ts";
import { accessFor } from "./access.ts";
import { Kinds, notFoundBetween } from "./discovery.ts";
import { uidOf } from "./identity.ts";
import { Informers } from "./informers.ts";
import { problemOf } from "./problems.ts";

/** A cluster that is asleep, or behind a firewall, never answers. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Plugins that hand out credentials may take a second, and are not asked for each request. */
const ACCESS_MS = 30_000;
/** Just under the time after which each of its users asks. */
const UID_MS = 14_000;
/** Whom what we set belongs to. */
const FIELD_MANAGER = "tiltish";

/** An object of a cluster, by its name. */
export interface ObjectName {
  apiVersion?: string;
  kind: string;
  name: string;
  namespace?: string;
}

/**
 * One cluster. Requests, watches and logs go through our own client, which takes up a watch where it broke and leaves
 * objects as they are; from the library come kubeconfigs and the ways to log in.
 */
export class Cluster {
  readonly target: Target;
  readonly transport: HttpTransport;
  readonly client: Client;
  readonly informers: Informers;
  readonly #kinds: Kinds;
  readonly #closing = new AbortController();
  #uid: { answer: Promise<string | undefined>; untilMs: number } | undefined;
  #access: { answer: Promise<HttpAccess>; untilMs: number } | undefined;

  constructor(target: Target) {
    this.target = target;
    this.transport = new HttpTransport({
      server: target.server,
      access: () => this.access(),
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
    });
    this.#kinds = new Kinds(this.transport);
    this.client = new Client(this.transport, { namespace: target.namespace, fieldManager: FIELD_MANAGER });
    this.informers = new Informers(this.client);
  }

  /** How requests are made to be believed. */
  access(): Promise<HttpAccess> {
    if (this.#access && Date.now() < this.#access.untilMs) return this.#access.answer;
    const answer = accessFor(this.target, this.#closing.signal);
    this.#access = { answer, untilMs: Date.now() + ACCESS_MS };
    answer.catch(() => (this.#access = undefined));
    return answer;
  }

  /** Who it is, as far as it lets us know; asked every now and then, and so whether it still answers. */
  uid(): Promise<string | undefined> {
    if (this.#uid && Date.now() < this.#uid.untilMs) return this.#uid.answer;
    const answer = uidOf(this.client);
    this.#uid = { answer, untilMs: Date.now() + UID_MS };
    answer.catch(() => (this.#uid = undefined));
    return answer;
  }

  /** Something was not answered: it is asked anew whether it answers at all. */
  doubt(): void {
    this.#uid = undefined;
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
    const found = await this.#kinds.find({ apiVersion, kind });
    if (found) return found;
    throw new Problem(
      "UnknownKind",
      `the cluster has no kind ${kind} in ${apiVersion}: correct apiVersion and kind, or apply its CustomResourceDefinition first`,
      { isPassing: true },
    );
  }

  /** The object as it is in the cluster. @throws Problem if the cluster does not have its kind. */
  async read(ref: ObjectName): Promise<KubeObject | undefined> {
    return this.#get(await this.kindOf(ref), ref);
  }

  /** The same in whatever version it is served in now: with its kind it is gone itself. */
  async readAny({ apiVersion = "v1", ...ref }: ObjectName): Promise<KubeObject | undefined> {
    const kind = await this.#kinds.findAny({ apiVersion, kind: ref.kind });
    return kind && this.#get(kind, ref);
  }

  close(): void {
    this.#closing.abort();
    this.transport.close();
  }

  /** That an object is not there says the API server in its own words; what others say is not believed. */
  async #get(kind: AnyKind, { name, namespace }: ObjectName): Promise<KubeObject | undefined> {
    const home = kind.namespaced ? (namespace ?? this.target.namespace) : "";
    const { group, version, plural } = kind;
    try {
      return await this.transport.get({ group, version, plural, namespace: home, name });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
      if (error.details?.name === name) return undefined;
      // Of a kind that has just gone nobody knows its objects.
      this.#kinds.forget(versionOf(kind));
      if (!(await this.#kinds.find({ apiVersion: versionOf(kind), kind: kind.kind }))) return undefined;
      throw notFoundBetween(`${this.target.server} for ${kind.kind}/${name}`);
    }
  }
}
