import type { Target } from "./config.ts";
import { AuthError, PlatformError } from "./errors.ts";
import type { Http, HttpAnswer, HttpRequest } from "./http.ts";
import { expired, type Tokens } from "./tokens.ts";

/** What the platform says of itself. */
export interface Platform {
  /** Version of the API. */
  readonly version: string;
  /** Where ssh is; undefined if it is not offered at all. */
  readonly ssh: { readonly host: string; readonly port: number; readonly fingerprint: string } | undefined;
  readonly logCache: string | undefined;
}

export interface App {
  readonly guid: string;
  readonly name: string;
  /** STARTED or STOPPED. */
  readonly state: string;
}

export interface Instance {
  readonly index: number;
  /** Identity of the container; a new one has none of the files that were synced. */
  readonly instanceGuid: string;
  /** RUNNING, STARTING, CRASHED, DOWN or STOPPING. */
  readonly state: string;
  /** Bytes. */
  readonly diskQuota: number | undefined;
  readonly diskUsage: number | undefined;
}

interface Resource {
  guid: string;
  name: string;
}
interface Page<T> {
  resources: T[];
}

export interface CloudControllerOptions {
  readonly http: Http;
  readonly tokens: Tokens;
  readonly api: string;
  /** Ends what is asked; a request may have one of its own instead. */
  readonly signal?: AbortSignal;
}

/** Asks a Cloud Controller, as whoever is logged in with cf. */
export class CloudController {
  readonly #http: Http;
  readonly #tokens: Tokens;
  readonly #api: string;
  readonly #signal: AbortSignal | undefined;

  constructor({ http, tokens, api, signal }: CloudControllerOptions) {
    this.#http = http;
    this.#tokens = tokens;
    this.#api = api.replace(/\/+$/, "");
    this.#signal = signal;
  }

  /** The same one, for somebody who asks no longer once the signal is aborted. */
  until(signal: AbortSignal): CloudController {
    return new CloudController({ http: this.#http, tokens: this.#tokens, api: this.#api, signal });
  }

  async platform(): Promise<Platform> {
    const { body } = await this.#http.send(`${this.#api}/`, { signal: this.#signal });
    const { links = {} } = JSON.parse(body) as { links?: Record<string, Link | null> };
    const ssh = links["app_ssh"];
    const [, host, port] = /^(.*):(\d+)$/.exec(ssh?.href ?? "") ?? [];
    return {
      version: links["cloud_controller_v3"]?.meta?.version ?? "",
      ssh: host
        ? { host, port: Number(port), fingerprint: ssh?.meta?.host_key_fingerprint ?? "" }
        : undefined,
      logCache: links["log_cache"]?.href,
    };
  }

  /** The space of these names. @throws AuthError `NoTarget` if there is none, or none that one may see. */
  async space(org: string, space: string): Promise<Target> {
    const [found] = await this.#list<Resource>("organizations", { names: org });
    const [within] = found
      ? await this.#list<Resource>("spaces", { names: space, organization_guids: found.guid })
      : [];
    if (!within)
      throw new AuthError("NoTarget", `there is no space ${space} in ${org}, or you may not see it`);
    return { guid: within.guid, name: within.name };
  }

  /** @returns undefined if there is no such app in the space. */
  async app(name: string, spaceGuid: string): Promise<App | undefined> {
    const [app] = await this.#list<Resource & { state: string }>("apps", {
      names: name,
      space_guids: spaceGuid,
    });
    return app && { guid: app.guid, name: app.name, state: app.state };
  }

  async routes(appGuid: string): Promise<string[]> {
    const { resources } = await this.get<Page<{ url: string }>>(`/v3/apps/${appGuid}/routes`);
    return resources.map(({ url }) => url);
  }

  /** Guid of a process of an app, which ssh asks for; undefined if it has none of the type. */
  async process(appGuid: string, type: string): Promise<string | undefined> {
    const { resources } = await this.get<Page<{ guid: string; type: string }>>(
      `/v3/apps/${appGuid}/processes`,
    );
    return resources.find((process) => process.type === type)?.guid;
  }

  async instances(processGuid: string): Promise<Instance[]> {
    const { resources } = await this.get<Page<Stats>>(`/v3/processes/${processGuid}/stats`);
    return resources.map((stats) => ({
      index: stats.index,
      instanceGuid: stats.instance_guid ?? "",
      state: stats.state,
      diskQuota: stats.disk_quota ?? undefined,
      diskUsage: stats.usage?.disk ?? undefined,
    }));
  }

  /** Whether ssh may be used, and if not, who has forbidden it. */
  async sshEnabled(appGuid: string): Promise<{ enabled: boolean; reason: string }> {
    return this.get(`/v3/apps/${appGuid}/ssh_enabled`);
  }

  /** A password for one login with ssh. */
  async sshCode(): Promise<string> {
    const { uaaEndpoint, sshClient } = await this.#tokens.config();
    const query = new URLSearchParams({ response_type: "code", client_id: sshClient });
    const { status, headers } = await this.#authorized(
      `${uaaEndpoint}/oauth/authorize?${query.toString()}`,
      {},
    );
    const location = headers["location"];
    const code =
      typeof location === "string" ? new URL(location, uaaEndpoint).searchParams.get("code") : undefined;
    if (!code) throw new PlatformError(status, "", `the UAA gives no code for ssh (it answers ${status})`);
    return code;
  }

  /** @throws PlatformError, AuthError, or what the network says. */
  async get<T>(path: string): Promise<T> {
    return JSON.parse((await this.ask(path)).body) as T;
  }

  /** Sends a request, once more with a new token if the first is refused. @throws as {@link get}. */
  async ask(path: string, request: HttpRequest = {}): Promise<HttpAnswer> {
    return this.accepted(await this.exchange(path, request), path);
  }

  /** As {@link ask}, whatever is answered. */
  exchange(path: string, request: HttpRequest = {}): Promise<HttpAnswer> {
    return this.#authorized(path.startsWith("/") ? this.#api + path : path, request);
  }

  /**  PlatformError if an answer says no. */
  accepted(answer: HttpAnswer, path: string): HttpAnswer {
    if (answer.status >= 400) throw refusal(answer.status, answer.body, path);
    return answer;
  }

  async #authorized(url: string, request: HttpRequest) {
    const send = (authorization: string) =>
      this.#http.send(url, {
        signal: this.#signal,
        ...request,
        headers: { ...request.headers, authorization },
      });
    const authorization = await this.#tokens.authorization();
    const answer = await send(authorization);
    if (answer.status !== 401) return answer;
    const second = await send(await this.#tokens.authorization(authorization));
    // A new one is refused as well: the next one would be, too.
    if (second.status === 401) throw expired();
    return second;
  }

  async #list<T>(plural: string, query: Record<string, string>): Promise<T[]> {
    return (await this.get<Page<T>>(`/v3/${plural}?${new URLSearchParams(query).toString()}`)).resources;
  }
}

interface Link {
  href?: string;
  meta?: { version?: string; host_key_fingerprint?: string };
}

interface Stats {
  index: number;
  state: string;
  instance_guid?: string;
  disk_quota?: number | null;
  usage?: { disk?: number | null };
}

function refusal(status: number, body: string, path: string): PlatformError {
  const { code = 0, title = "", detail = "" } = firstError(body);
  const what = detail || (code ? `error ${code}` : `status ${status}`);
  return new PlatformError(status, title, `${path.replace(/\?.*/, "")}: ${what}`);
}

function firstError(body: string): { code?: number; title?: string; detail?: string } {
  try {
    const { errors } = JSON.parse(body) as { errors?: { code?: number; title?: string; detail?: string }[] };
    return errors?.[0] ?? {};
  } catch {
    return {};
  }
}
