import { entry, envelope, message, metadata, microTime, number, text } from "../../conformance/protobuf.ts";
import type { Random } from "../random.ts";
import { NAMES, NAMESPACES } from "./kinds.ts";
import { oddText } from "./values.ts";

const about = (field: number) => message(field, text(1, "Widget"), text(2, "default"), text(3, "a"));

/** What typed Go clients send, whole or broken. */
export function protobufOf(random: Random): Buffer {
  const whole = validOf(random);
  return random.weighted<() => Buffer>([
    [5, () => whole],
    [2, () => whole.subarray(0, random.integer(whole.length))],
    [3, () => flipped(random, whole)],
    [1, () => Buffer.concat([whole.subarray(0, 4), random.bytes(random.integer(60))])],
    [1, () => Buffer.concat([whole, random.bytes(8)])],
  ])();
}

function validOf(random: Random): Buffer {
  const meta = metadata(random.pick(NAMES), random.pick(NAMESPACES));
  const time = microTime(4, random.integer(2 ** 31), random.integer(10 ** 6));
  return random.pick([
    () => envelope("v1", "ConfigMap", meta, entry(2, "x", oddText(random)), entry(3, "b", "bytes")),
    () => envelope("v1", "Secret", meta, entry(2, "x", oddText(random)), text(3, "Opaque")),
    () => envelope("coordination.k8s.io/v1", "Lease", meta, message(2, text(1, "me"), number(2, 15), time)),
    () => envelope("v1", "Event", meta, about(2), text(3, "Reason"), number(8, random.integer(2 ** 31))),
    () => envelope("events.k8s.io/v1", "Event", meta, microTime(2, 1, 2), text(4, "c"), about(8)),
    () => envelope("v1", "Namespace", metadata(random.pick(NAMESPACES), "")),
    () => envelope("v1", "DeleteOptions", message(2, text(1, oddText(random))), number(3, 1)),
    () =>
      envelope("authorization.k8s.io/v1", "SelfSubjectAccessReview", message(2, message(1, text(2, "get")))),
    () => envelope(oddText(random), oddText(random), meta),
  ])();
}

function flipped(random: Random, whole: Buffer): Buffer {
  const copy = Buffer.from(whole);
  for (let i = 0; i <= random.integer(4); i++) copy[random.integer(copy.length)] = random.integer(256);
  return copy;
}
