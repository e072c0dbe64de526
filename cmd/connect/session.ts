import { HttpTransport } from "../../client/http/index.ts";
import type { Options } from "../cli/options.ts";
import { loadResourceTypes } from "../resources/discovery.ts";
import type { ResourceTypes } from "../resources/types.ts";
import { findServer } from "./find.ts";

/** One command's view of the server. */
export class Session {
  readonly transport: HttpTransport;
  readonly namespace: string;
  #types: Promise<ResourceTypes> | undefined;

  constructor(transport: HttpTransport, namespace: string) {
    this.transport = transport;
    this.namespace = namespace;
  }

  /** What the server serves; asked once. */
  types(): Promise<ResourceTypes> {
    this.#types ??= loadResourceTypes(this.transport);
    return this.#types;
  }

  async json<T>(path: string, headers?: Record<string, string>): Promise<T> {
    const { body } = await this.transport.request("GET", path, { headers });
    return JSON.parse(body.toString("utf8")) as T;
  }
}

/** @throws CliError with exit code 3 if there is no server for this call. */
export async function connect(options: Options): Promise<Session> {
  const { target, namespace } = await findServer(options);
  return new Session(new HttpTransport(target), namespace);
}
