import type { Answer, Api, Asked, Json } from "./client.ts";
import type { Watch } from "./watch.ts";

export const MERGE = "application/merge-patch+json";
export const JSON_PATCH = "application/json-patch+json";
export const STRATEGIC = "application/strategic-merge-patch+json";
export const APPLY = "application/apply-patch+yaml";

export interface Place {
  /** `/api/v1`, `/apis/GROUP/VERSION`. */
  root: string;
  kind: string;
  plural: string;
  namespace?: string;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Objects of one kind, in one namespace. */
export class Collection {
  readonly api: Api;
  readonly place: Place;

  constructor(api: Api, place: Place) {
    this.api = api;
    this.place = place;
  }

  get apiVersion(): string {
    return this.place.root.replace(/^\/apis?\//, "");
  }

  /** The same, elsewhere. */
  at(change: Partial<Place>): Collection {
    return new Collection(this.api, { ...this.place, ...change });
  }

  /** `name` may go on with a subresource. */
  url(name = "", query: Query = {}): string {
    const { root, namespace, plural } = this.place;
    const parameters = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) parameters.set(key, String(value));
    }
    const text = parameters.toString();
    const within = namespace ? `/namespaces/${namespace}` : "";
    return `${root}${within}/${plural}${name && `/${name}`}${text && `?${text}`}`;
  }

  /** An object as a client writes it. */
  object(name: string, fields: object = {}, metadata: object = {}): Json {
    const { kind } = this.place;
    return { apiVersion: this.apiVersion, kind, metadata: { name, ...metadata }, ...fields };
  }

  /** Stores an object that tests need; what it says. */
  async make(name: string, fields: object = {}, metadata: object = {}): Promise<Json> {
    return well(await this.post(this.object(name, fields, metadata)), 201);
  }

  post(body: unknown, query: Query = {}, asked: Asked = {}): Promise<Answer> {
    return this.api.ask(this.url("", query), { method: "POST", body, ...asked });
  }

  get(name = "", query: Query = {}, asked: Asked = {}): Promise<Answer> {
    return this.api.ask(this.url(name, query), asked);
  }

  /** The object, which must be there. */
  async read(name: string): Promise<Json> {
    return well(await this.get(name), 200);
  }

  put(name: string, body: unknown, query: Query = {}): Promise<Answer> {
    return this.api.ask(this.url(name, query), { method: "PUT", body });
  }

  patch(name: string, body: unknown, type = MERGE, query: Query = {}): Promise<Answer> {
    const headers = { "content-type": type };
    return this.api.ask(this.url(name, query), { method: "PATCH", body, headers });
  }

  /** A patch that tests need; the object that it leaves. */
  async merge(name: string, body: object): Promise<Json> {
    return well(await this.patch(name, body), 200);
  }

  /** Server-side apply of `fields` by `fieldManager`. */
  apply(name: string, fields: object, fieldManager: string, query: Query = {}): Promise<Answer> {
    const body = this.object(name.split("/")[0]!, fields);
    return this.patch(name, body, APPLY, { fieldManager, ...query });
  }

  delete(name: string, body?: unknown, query: Query = {}): Promise<Answer> {
    return this.api.ask(this.url(name, query), { method: "DELETE", body });
  }

  /** The names in a list. */
  async names(query: Query = {}): Promise<string[]> {
    const { items } = well(await this.get("", query), 200) as { items: { metadata: { name: string } }[] };
    return items.map(({ metadata }) => metadata.name);
  }

  watch(query: Query = {}, asked: Asked = {}): Promise<Watch> {
    return this.api.watch(this.url("", { watch: true, ...query }), asked);
  }

  /** The revision of a list. */
  async revision(): Promise<string> {
    return well(await this.get("", { limit: 1 }), 200).metadata.resourceVersion as string;
  }
}

/** The document of an answer that must have this status. */
export function well(answer: Answer, status: number): Json {
  if (answer.status === status) return answer.json;
  throw new Error(`expected ${status}, and got ${answer.status}: ${answer.text}`);
}
