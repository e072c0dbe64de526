import { expect } from "vitest";
import { LocalProcess } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import type { RunningServer } from "../../../cmd/compose/index.ts";
import { test } from "../../helpers/instance.ts";

const POD = { group: "", version: "v1", plural: "pods", namespace: "default", name: "web" };
const PROCESS = { ...POD, group: "tiltish.dev", version: "v1alpha1", plural: "localprocesses" };

type Query = Record<string, string>;

/** A log that is being read. */
class Reading {
  text = "";
  ended = false;
  readonly #end = new AbortController();
  readonly done: Promise<void>;

  constructor(instance: RunningServer, ref: typeof POD, query: Query) {
    this.done = this.#read(instance.server.transport.log(ref, query, this.#end.signal));
    this.done.catch(() => undefined);
  }

  stop(): Promise<void> {
    this.#end.abort();
    return this.done;
  }

  async #read(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) this.text += Buffer.from(chunk).toString();
    this.ended = true;
  }
}

async function read(instance: RunningServer, query: Query = {}, ref = POD): Promise<string> {
  const reading = new Reading(instance, ref, query);
  await reading.done;
  return reading.text;
}

const start = (client: Client, script: string, fields: object = {}) =>
  client.create(LocalProcess, "web", { argv: ["sh", "-c", script], ...fields });

const stateOf = async (client: Client) => (await client.get(LocalProcess, "web"))?.status?.state;

/** Makes it run something else. */
const change = async (client: Client, script: string) =>
  client.patch(LocalProcess, "web", { spec: { argv: ["sh", "-c", script] } });

const refusal = (code: number, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;

test("a Pod has the log of its process", async ({ instance, client }) => {
  await start(client, "echo one; echo two; echo three");
  await expect.poll(() => stateOf(client)).toBe("Succeeded");
  const whole = await read(instance);
  expect(whole).toBe("one\ntwo\nthree\n");
  expect(await read(instance, { container: "process", tailLines: "1" })).toBe("three\n");
  expect(await read(instance, { tailLines: "0" })).toBe("");
  expect(await read(instance, { limitBytes: "2" })).toBe(whole.slice(0, 2));
  expect(await read(instance, { tailLines: "1", timestamps: "" })).toMatch(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z three\n$/,
  );
  expect(await read(instance, { sinceSeconds: "3600" })).toBe(whole);
  expect(await read(instance, { sinceTime: "2999-01-01T00:00:00+01:00" })).toBe("");
  // More seconds than there have been.
  expect(await read(instance, { sinceSeconds: "999999999999999" })).toBe(whole);
  expect(await read(instance, { pretty: "true", insecureSkipTLSVerifyBackend: "true", stream: "All" })).toBe(
    whole,
  );
});

test("of one stream, if that is asked for", async ({ instance, client }) => {
  await start(client, "echo out; echo err >&2; printf out2");
  await expect.poll(() => stateOf(client)).toBe("Succeeded");
  expect(await read(instance, { stream: "Stdout" })).toBe("out\nout2");
  expect(await read(instance, { stream: "Stderr" }, PROCESS)).toBe("err\n");
});

test("the time of a line is the one to go on from", async ({ instance, client }) => {
  await start(client, "echo one; sleep 0.1; echo two");
  await expect.poll(() => stateOf(client)).toBe("Succeeded");
  const [, second] = (await read(instance, { timestamps: "true" })).trimEnd().split("\n");
  const [time = ""] = second!.split(" ");
  expect(await read(instance, { sinceTime: time })).toBe("two\n");
  expect(await read(instance, { sinceTime: time.replace("000000Z", "000001Z") })).toBe("");
});

test("one run of it: the present one, or with previous the one before", async ({ instance, client }) => {
  await start(client, "echo one; exit 3");
  await expect.poll(() => stateOf(client)).toBe("Failed");
  await expect(read(instance, { previous: "true" })).rejects.toThrow(
    refusal(400, /^previous terminated container "process" in pod "web" not found$/),
  );
  await change(client, "echo two; sleep 600");
  await expect.poll(() => stateOf(client)).toBe("Running");
  await expect.poll(() => read(instance)).toBe("two\n");
  expect(await read(instance, { previous: "true" })).toBe("one\n[tiltish] exited with code 3\n");
  expect((await client.get(LocalProcess, "web"))?.status?.previousRun).toMatchObject({ run: 1, exitCode: 3 });
});

test("of a process that crashes, what it wrote last", async ({ instance, client }) => {
  await start(client, "echo crashed; exit 3", { daemon: true, backoff: { initial: "1h", max: "1h" } });
  await expect.poll(() => stateOf(client)).toBe("BackOff");
  for (const query of [{}, { previous: "true" }, { follow: "true" }]) {
    expect(await read(instance, query as Query)).toBe("crashed\n[tiltish] exited with code 3\n");
  }
});

test("followed, it ends with the run; the log of the process itself goes on", async ({
  instance,
  client,
}) => {
  await start(client, "echo one; sleep 600");
  await expect.poll(() => stateOf(client)).toBe("Running");
  const pod = new Reading(instance, POD, { follow: "true" });
  const process = new Reading(instance, PROCESS, { follow: "true" });
  await expect.poll(() => pod.text + process.text).toBe("one\none\n");
  expect(pod.ended).toBe(false);
  await change(client, "echo two; sleep 600");
  await pod.done;
  expect(pod.text).toMatch(/^one\n/);
  expect(pod.text).not.toContain("two");
  await expect.poll(() => process.text).toContain("two\n");
  expect(process.ended).toBe(false);
  await process.stop();
});

test("followed after its end, or by its number, a run is told to its end", async ({ instance, client }) => {
  await start(client, "echo one");
  await expect.poll(() => stateOf(client)).toBe("Succeeded");
  expect(await read(instance, { follow: "true" })).toBe("one\n");
  expect(await read(instance, { follow: "true", run: "1" }, PROCESS)).toBe("one\n");
  // Neither is there, and neither is waited for.
  expect(await read(instance, { follow: "true", run: "9" }, PROCESS)).toBe("");
  expect(await read(instance, { follow: "true", previous: "true" }, PROCESS)).toBe("");
});

test("what has not started says what it waits for", async ({ instance, client }) => {
  await start(client, "true", { dependsOn: [{ kind: "LocalProcess", name: "db" }] });
  await expect.poll(() => stateOf(client)).toBe("Waiting");
  for (const query of [{}, { follow: "true" }]) {
    await expect(read(instance, query as Query)).rejects.toThrow(
      refusal(400, /^container "process" in pod "web" is waiting to start: waits for LocalProcess\/db/),
    );
  }
  // A process may be followed before it has ever run.
  const process = new Reading(instance, PROCESS, { follow: "true" });
  await client.create(LocalProcess, "db", { argv: ["sleep", "600"] });
  await expect.poll(() => stateOf(client)).toBe("Succeeded");
  await process.stop();
});

test("what cannot be is refused, in words of kubectl", async ({ instance, client }) => {
  await start(client, "true");
  await expect.poll(() => stateOf(client)).toBe("Succeeded");
  const refused: [Query, number, RegExp][] = [
    [{ container: "app" }, 400, /^container app is not valid for pod web/],
    [
      { tailLines: "-1" },
      422,
      /^PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0$/,
    ],
    [{ limitBytes: "0" }, 422, /limitBytes: Invalid value: 0: must be greater than 0/],
    [{ sinceSeconds: "0" }, 422, /sinceSeconds: Invalid value: 0: must be greater than 0/],
    [
      { sinceSeconds: "1", sinceTime: "2026-01-01T00:00:00Z" },
      422,
      /at most one of `sinceTime` or `sinceSeconds`/,
    ],
    [{ stream: "Both" }, 422, /stream: Unsupported value: "Both"/],
    [{ stream: "Stdout", tailLines: "1" }, 422, /`tailLines` and specific `stream` are mutually exclusive/],
    [{ tailLines: "many" }, 400, /tailLines: Invalid value: "many"/],
    [{ sinceTime: "yesterday" }, 400, /sinceTime: Invalid value: "yesterday"/],
    [{ sinceTime: "2026-02-30T00:00:00Z+" }, 400, /sinceTime/],
  ];
  for (const [query, code, message] of refused) {
    await expect(read(instance, query)).rejects.toThrow(refusal(code, message));
  }
  await expect(read(instance, { run: "0" }, PROCESS)).rejects.toThrow(refusal(422, /run: Invalid value: 0/));
  await expect(read(instance, { run: "1", previous: "true" }, PROCESS)).rejects.toThrow(
    refusal(422, /previous/),
  );
  // What a Pod has no idea of is not asked.
  expect(await read(instance, { run: "7" })).toBe("");
});
