import { Type, type Static } from "typebox";
import { ATOMIC, Defaulted, Enum, ListMap, ListSet } from "../../meta.ts";

const Dependency = Type.Object({
  kind: Type.String({ minLength: 1, description: "Kind of the object to wait for, such as LocalProcess." }),
  name: Type.String({ minLength: 1, description: "Its name, in the same namespace." }),
  condition: Defaulted(
    Type.String({
      minLength: 1,
      description:
        "Condition of it that must be True. Beside those in its status, a LocalProcess and a LocalResource have Started (it runs), Completed (it has ended well) and Finished (it has ended).",
    }),
    "Ready",
  ),
  onChange: Defaulted(
    Enum(["Ignore", "Restart"], {
      description: "Restart: run again whenever the dependency has run again and meets the condition.",
    }),
    "Ignore",
  ),
});
export type Dependency = Static<typeof Dependency>;

/** On every kind that runs something. */
export const dependsOn = Type.Optional(
  ListMap(Dependency, ["kind", "name", "condition"], {
    description:
      "Objects that must meet a condition before this one runs. The status says whom it waits for.",
  }),
);

/** Says which FileWatches make a thing run again. */
export const RestartOn = Type.Object(
  {
    fileWatches: Type.Optional(
      ListSet(Type.String(), { description: "Names of FileWatches in the same namespace." }),
    ),
    selector: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "Labels of FileWatches in the same namespace, all of which must match.",
        ...ATOMIC,
      }),
    ),
  },
  { description: "Run again when one of these FileWatches sees a change." },
);

export const disabled = Defaulted(
  Type.Boolean({ description: "Stops what this object does, and keeps the object." }),
  false,
);

const Link = Type.Object({
  name: Type.Optional(Type.String({ description: "What to call it." })),
  url: Type.String({ minLength: 1, pattern: "^https?://", description: "An http or https address." }),
});

/** On every kind that has something to show in a browser. */
export const links = Type.Optional(ListMap(Link, ["url"], { description: "Addresses to show to people." }));
