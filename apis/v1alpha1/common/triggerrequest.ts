import { Type, type Static } from "typebox";
import { Defaulted, Enum } from "../../meta.ts";

/** What people ask of something that runs. */
export const REQUEST_TYPES = ["Trigger", "Restart", "Stop", "Cancel"] as const;

export type RequestType = (typeof REQUEST_TYPES)[number];

export const MAX_INPUTS = 100;

/** The body of the `trigger` subresource. */
export const TriggerRequest = Type.Object(
  {
    type: Defaulted(
      Enum(REQUEST_TYPES, {
        description:
          "Trigger: run now; a LocalResource builds. Restart: run again; a LocalResource without a build. " +
          "Stop: end it until something asks for a run. Cancel: end the build, or the run, that is on.",
      }),
      "Trigger",
    ),
    inputs: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        maxProperties: MAX_INPUTS,
        description: "Environment variables of this one run, over those of the spec.",
      }),
    ),
  },
  { description: "Asks for a run, or for the end of one." },
);
export type TriggerRequest = Static<typeof TriggerRequest>;
