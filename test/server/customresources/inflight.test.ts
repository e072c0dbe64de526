import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { describe, expect } from "vitest";
import { test as inRegistry } from "../../helpers/registry.ts";
import { test, type TestServer } from "../http/harness.ts";
import { Definition, servedKind, version, widget, widgets } from "./fixture.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const DEFINITION = `${DEFINITIONS}/widgets.example.com`;
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";
const ONE = `${WIDGETS}/one`;
const MERGE = { "content-type": "application/merge-patch+json" };

const ofSpec = (properties: object, more: object = {}) => ({
  schema: {
    openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties, ...more } } },
  },
});
const color = { color: { type: "string" } };
const size = { size: { type: "string", default: "small" } };
const scaledBy = (path: string) => ({
  subresources: { scale: { specReplicasPath: path, statusReplicasPath: ".status.replicas" } },
  ...ofSpec({ replicas: { type: "integer" }, count: { type: "integer" } }),
});

const define = (server: TestServer, properties: object, more: object = {}) =>
  server.ask(DEFINITIONS, { method: "POST", body: widgets(properties, more) });
const redefine = async (server: TestServer, changed: object, more: object = {}) => {
  const body = { spec: { versions: [version(changed)], ...more } };
  const { status, text } = await server.ask(DEFINITION, { method: "PATCH", headers: MERGE, body });
  expect([status, text]).toEqual([200, expect.anything()]);
};

interface Sent {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body: object;
}

/** A request of which all but the last byte of the body was sent, and read by the server. */
class InFlight {
  readonly #request: ClientRequest;
  readonly #text: string;

  constructor(server: TestServer, { path = WIDGETS, method = "POST", headers = {}, body }: Sent) {
    this.#text = JSON.stringify(body);
    const authorization = `Bearer ${server.token}`;
    const all = {
      authorization,
      "content-type": "application/json",
      "transfer-encoding": "chunked",
      ...headers,
    };
    this.#request = request({ socketPath: server.socketPath, agent: false, method, path, headers: all });
    this.#request.write(this.#text.slice(0, -1));
  }

  async finish() {
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      this.#request.once("response", resolve).once("error", reject);
    });
    this.#request.end(this.#text.slice(-1));
    const response = await answered;
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk as string;
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- tests look into bodies of every shape
    return { status: response.statusCode, json: JSON.parse(text) };
  }
}

/** Begins a request, lets its kind be found, and changes the definition. */
async function meanwhile(server: TestServer, sent: Sent, change: () => Promise<void>) {
  const inFlight = new InFlight(server, sent);
  // Whoever asks later, and is answered, has been overtaken by nobody.
  await server.ask("/version");
  await change();
  return inFlight.finish();
}

describe("rule 115: what is written while its definition changes is admitted as that says when it is stored", () => {
  test("a create gets the new defaults, and loses what there is no field for", async ({ server }) => {
    await define(server, color);
    const body = widget({ color: "red" });
    const answer = await meanwhile(server, { body }, () => redefine(server, ofSpec(size)));
    expect([answer.status, answer.json.spec]).toEqual([201, { size: "small" }]);
    expect((await server.ask(ONE)).json.spec).toEqual({ size: "small" });
  });

  test("a create that is not valid any more is refused", async ({ server }) => {
    await define(server, color);
    const sent = { body: widget({ color: "red" }) };
    const answer = await meanwhile(server, sent, () =>
      redefine(server, ofSpec({ color: { type: "string", enum: ["blue"] } })),
    );
    expect([answer.status, answer.json.details.causes[0].field]).toEqual([422, "spec.color"]);
  });

  test("so are updates, patches and applies", async ({ server }) => {
    await define(server, color);
    const created = await server.ask(WIDGETS, { method: "POST", body: widget({ color: "red" }) });
    const changes: Sent[] = [
      { method: "PUT", body: { ...created.json, spec: { color: "blue" } } },
      { method: "PATCH", headers: MERGE, body: { spec: { color: "green" } } },
      {
        method: "PATCH",
        path: `${ONE}?fieldManager=me&force=true`,
        headers: { "content-type": "application/apply-patch+yaml" },
        body: widget({ color: "white" }),
      },
    ];
    for (const [i, change] of changes.entries()) {
      const added = { [`since${i}`]: { type: "integer", default: i } };
      const answer = await meanwhile(server, { path: ONE, ...change }, () =>
        redefine(server, ofSpec({ ...color, ...added })),
      );
      const { color: chosen } = change.body["spec" as keyof object] as { color: string };
      expect([answer.status, answer.json.spec]).toEqual([200, { color: chosen, [`since${i}`]: i }]);
    }
  });

  test("a scale is written to where the definition says now", async ({ server }) => {
    await define(server, {}, scaledBy(".spec.replicas"));
    await server.ask(WIDGETS, { method: "POST", body: widget({ replicas: 1, count: 1 }) });
    const scale: Sent = {
      path: `${ONE}/scale`,
      method: "PATCH",
      headers: MERGE,
      body: { spec: { replicas: 5 } },
    };
    const answer = await meanwhile(server, scale, () => redefine(server, scaledBy(".spec.count")));
    expect([answer.status, answer.json.spec]).toEqual([200, { replicas: 5 }]);
    expect((await server.ask(ONE)).json.spec).toEqual({ replicas: 1, count: 5 });
    const gone = await meanwhile(server, scale, () => redefine(server, { ...ofSpec({}), subresources: {} }));
    expect(gone.status).toBe(404);
  });

  test("a version or a subresource that is not served any more is not found", async ({ server }) => {
    const subresources = { status: {} };
    await define(server, color, { subresources });
    await server.ask(WIDGETS, { method: "POST", body: widget() });
    const status: Sent = { path: `${ONE}/status`, method: "PATCH", headers: MERGE, body: { status: {} } };
    const lost = await meanwhile(server, status, () =>
      redefine(server, { ...ofSpec(color), subresources: null }),
    );
    expect(lost.status).toBe(404);
    const versions = [version({ served: false, storage: false }), version({ name: "v2" })];
    const gone = await meanwhile(server, { body: widget() }, () => redefine(server, {}, { versions }));
    expect([gone.status, gone.json.reason]).toEqual([404, "NotFound"]);
  });
});

inRegistry(
  "rule 115: a write that is decided just after its definition has changed is made to what it is now",
  async ({ registry }) => {
    await registry.create({ kind: Definition }, widgets(color), {});
    const inDefault = { kind: servedKind(registry), namespace: "default" };
    const target = { kind: Definition, namespace: "", name: "widgets.example.com" };
    const change = (properties: object) =>
      registry.patch(
        target,
        { type: "merge", body: { spec: { versions: [version(ofSpec(properties))] } } },
        {},
      );
    // All in one turn: the change is decided, and nobody can know of it yet.
    const [, first] = await Promise.all([
      change(size),
      registry.create(inDefault, widget({ color: "red" }), {}),
    ]);
    expect(first.object["spec"]).toEqual({ size: "small" });
    const one = { ...inDefault, name: "one" };
    const label = { type: "merge" as const, body: { metadata: { labels: { a: "b" } } } };
    const [, second] = await Promise.all([
      change({ ...size, n: { default: 1, type: "integer" } }),
      registry.patch(one, label, {}),
    ]);
    expect(second.object["spec"]).toEqual({ size: "small", n: 1 });
    const [, third] = await Promise.all([change(color), registry.delete(one, {})]);
    expect(third.gone).toBe(true);
  },
);
