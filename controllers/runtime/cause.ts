import { randomBytes } from "node:crypto";
import type { Cause } from "../../apis/v1alpha1/index.ts";
import { nowMicro } from "./conditions.ts";

/** A new W3C trace context, sampled. */
export const newTraceparent = (): string =>
  `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;

/**
 * The value of the trigger annotation by which a controller starts an object that it owns: the cause itself, so that
 * it travels with the request and is the same however often it is written.
 */
export const triggerValueOf = (cause: Cause): string => JSON.stringify(cause);

/** The cause of a run that a trigger annotation asks for. Any value may stand there; ours carry the whole cause. */
export function causeOfTrigger(value: string): Cause {
  if (value.startsWith("{")) {
    try {
      const cause = JSON.parse(value) as Partial<Cause>;
      if (typeof cause.type === "string" && typeof cause.time === "string") return cause as Cause;
    } catch {
      // Somebody else's value that only looks like ours: a trigger like any other.
    }
  }
  return { type: "Trigger", message: "triggered by hand", time: nowMicro(), traceparent: newTraceparent() };
}
