import { assert, property, uint8Array } from "fast-check";
import { describe, expect, test as plain } from "vitest";
import { StatusError } from "../../../apis/errors.ts";
import { objectDecoder } from "../../../server/codec/index.ts";
import { bytes, entry, envelope, integer, MAGIC, message, TYPE } from "../../helpers/protobuf.ts";
import { CONFIG_MAPS, PROCESSES, test } from "./harness.ts";

const decode = (body: Buffer) => objectDecoder(TYPE, true)(body).value;

/** What Go writes for an object that has only a name. */
const metadata = (name: string) =>
  message(
    1,
    bytes(1, name),
    bytes(2, ""),
    bytes(3, ""),
    bytes(5, ""),
    bytes(6, ""),
    integer(7, 0),
    message(8),
  );

describe("rule 36: protobuf", () => {
  plain("a ConfigMap is the same as in JSON: nothing that is empty, everything that is not", () => {
    const body = envelope(
      "v1",
      "ConfigMap",
      metadata("a"),
      entry(2, "x", "1"),
      entry(2, "y", ""),
      entry(3, "b", "hi"),
    );
    expect(decode(body)).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
      data: { x: "1", y: "" },
      binaryData: { b: "aGk=" },
    });
  });

  plain("a Lease keeps six digits, and an empty holder", () => {
    const micros = message(4, integer(1, 1_700_000_000), integer(2, 123_456_000));
    const spec = message(2, bytes(1, ""), integer(2, 15), micros, integer(5, 0));
    expect(decode(envelope("coordination.k8s.io/v1", "Lease", metadata("l"), spec))).toMatchObject({
      spec: {
        holderIdentity: "",
        leaseDurationSeconds: 15,
        renewTime: "2023-11-14T22:13:20.123456Z",
        leaseTransitions: 0,
      },
    });
  });

  plain("an Event has its times and references", () => {
    const body = envelope(
      "v1",
      "Event",
      metadata("e"),
      message(2, bytes(1, "LocalProcess"), bytes(3, "web")),
      bytes(4, "started"),
      message(5),
      message(6, integer(1, 1_700_000_000)),
      integer(8, 3),
      message(10),
    );
    expect(decode(body)).toEqual({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "e" },
      involvedObject: { kind: "LocalProcess", name: "web" },
      message: "started",
      source: {},
      firstTimestamp: "2023-11-14T22:13:20Z",
      count: 3,
    });
  });

  plain("any bytes are an object or a 400, and nothing else", () => {
    const safe = (body: Buffer) => {
      try {
        return typeof decode(body) === "object";
      } catch (error) {
        return error instanceof StatusError && error.code === 400;
      }
    };
    assert(
      property(uint8Array({ maxLength: 60 }), (noise) => {
        const raw = Buffer.from(noise);
        return (
          safe(raw) &&
          safe(Buffer.concat([MAGIC, raw])) &&
          safe(envelope("v1", "ConfigMap", raw)) &&
          safe(envelope("v1", "Event", raw))
        );
      }),
      { numRuns: 1_000 },
    );
  });

  plain.each([
    ["__proto__ in a map", envelope("v1", "ConfigMap", entry(2, "__proto__", "x"))],
    ["text that is no UTF-8", envelope("v1", "ConfigMap", message(1, bytes(1, Buffer.from([0xff]))))],
    ["a length beyond the end", Buffer.concat([MAGIC, Buffer.from([10, 127, 1])])],
    ["a time that cannot be", envelope("v1", "Event", message(6, integer(1, 2 ** 52)))],
    ["another kind", envelope("apps/v1", "Deployment", metadata("a"))],
    ["JSON", Buffer.from("{}")],
  ])("%s is refused", (_, body) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ code: 400 }));
  });

  test("built-in kinds are created and deleted with it, and answered in JSON", async ({ server }) => {
    const headers = { "content-type": TYPE, accept: `${TYPE},application/json` };
    const body = envelope("v1", "ConfigMap", metadata("a"), entry(2, "x", "1"));
    expect(await server.ask(CONFIG_MAPS, { method: "POST", body, headers })).toMatchObject({
      status: 201,
      json: { kind: "ConfigMap", data: { x: "1" } },
    });
    const options = envelope("v1", "DeleteOptions", message(2, bytes(1, "other-uid")));
    expect(await server.ask(`${CONFIG_MAPS}/a`, { method: "DELETE", body: options, headers })).toMatchObject({
      status: 409,
    });
  });

  test("rule 37: other kinds refuse it", async ({ server }) => {
    const headers = { "content-type": TYPE };
    const body = envelope("tiltish.dev/v1alpha1", "LocalProcess", metadata("a"));
    expect(await server.ask(PROCESSES, { method: "POST", body, headers })).toMatchObject({ status: 415 });
    expect(await server.ask(PROCESSES, { headers: { accept: TYPE } })).toMatchObject({ status: 406 });
  });
});
