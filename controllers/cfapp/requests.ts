import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import type { Cause, CFAppSync } from "../../apis/v1alpha1/index.ts";
import { causeOfTrigger } from "../runtime/index.ts";

/** What somebody asks of a sync. */
export interface Request {
  readonly cause: Cause;
  /** Value of the annotation. */
  readonly trigger: string;
}

/** What somebody asks, if that has not been acted on. */
export function newRequest({ metadata }: CFAppSync, observed: string | undefined): Request | undefined {
  const trigger = metadata.annotations?.[TRIGGER_ANNOTATION];
  return trigger === undefined || trigger === observed
    ? undefined
    : { cause: causeOfTrigger(trigger), trigger };
}
