import {
  conditionOf,
  type CustomResourceDefinition,
  CustomResourceDefinition as Definition,
  type DefinedNames,
  type DefinitionCondition,
  isTrue,
} from "../../../apis/apiextensions/index.ts";
import type { Kind } from "../../../apis/kind.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import { nowSeconds } from "../../clock.ts";
import type { Decide, Store } from "../../storage/index.ts";

/** What the names of other definitions of a group have taken. */
interface Taken {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/**
 * A decision about a definition that also says, in the same write, whether its names are accepted and it is served:
 * whoever created it can use it as soon as there is an answer. Decisions about other kinds are as they were.
 */
export function settling(store: Store, kind: Kind, decide: Decide): Decide {
  if (kind.group !== Definition.group || kind.plural !== Definition.plural) return decide;
  return (current, peek) => {
    const change = decide(current, peek);
    if (change === "unchanged" || "remove" in change) return change;
    const definition = change.put as unknown as CustomResourceDefinition;
    return { put: settled(definition, takenBeside(store, definition)) as unknown as KubeObject };
  };
}

/** A definition whose status says what there is to say of its names; the same if it does already. */
export function settled(definition: CustomResourceDefinition, taken: Taken): CustomResourceDefinition {
  const { names, conflict } = acceptedNames(definition, taken);
  const accepted: Verdict = conflict
    ? { type: "NamesAccepted", status: "False", ...conflict }
    : {
        type: "NamesAccepted",
        status: "True",
        reason: "NoConflicts",
        message: "no conflicts found",
      };
  const isEstablished = isTrue(definition, "Established") || !conflict;
  const established: Verdict = isEstablished
    ? {
        type: "Established",
        status: "True",
        reason: "InitialNamesAccepted",
        message: "the initial names have been accepted",
      }
    : { type: "Established", status: "False", reason: "NotAccepted", message: "not all names are accepted" };
  const conditions = [accepted, established].reduce<readonly DefinitionCondition[]>(
    withCondition,
    definition.status?.conditions ?? [],
  );
  const isSame =
    conditions === definition.status?.conditions && sameNames(names, definition.status.acceptedNames);
  return isSame
    ? definition
    : { ...definition, status: { ...definition.status, acceptedNames: names, conditions: [...conditions] } };
}

type Verdict = Pick<DefinitionCondition, "type" | "status"> & { reason: string; message: string };

/** Conditions with one more, or with one that says something else; the same if it said so already. */
function withCondition(
  conditions: readonly DefinitionCondition[],
  verdict: Verdict,
): readonly DefinitionCondition[] {
  const current = conditionOf({ status: { conditions: [...conditions] } }, verdict.type);
  const { type, status, reason, message } = verdict;
  if (current?.status === status && current.reason === reason && current.message === message)
    return conditions;
  const lastTransitionTime =
    current?.status === status ? (current.lastTransitionTime ?? nowSeconds()) : nowSeconds();
  const next: DefinitionCondition = { type, status, lastTransitionTime, reason, message };
  return current ? conditions.map((one) => (one === current ? next : one)) : [...conditions, next];
}

/** The names that others have not taken; what had been accepted before stays. */
function acceptedNames({ spec, status }: CustomResourceDefinition, taken: Taken) {
  const wanted = spec.names;
  const had: Partial<DefinedNames> = status?.acceptedNames ?? {};
  const names: Partial<DefinedNames> = { ...had };
  const conflicts: { reason: string; message: string }[] = [];
  const take = (field: "plural" | "singular" | "kind" | "listKind", used: ReadonlySet<string>) => {
    const name = wanted[field];
    if (name === undefined || name === had[field] || !used.has(name)) names[field] = name;
    else conflicts.push({ reason: REASONS[field], message: `"${name}" is already in use` });
  };
  take("plural", taken.resources);
  take("singular", taken.resources);
  const clashing = (wanted.shortNames ?? []).filter(
    (name) => !had.shortNames?.includes(name) && taken.resources.has(name),
  );
  if (clashing.length === 0) names.shortNames = wanted.shortNames;
  else
    conflicts.push({
      reason: "ShortNamesConflict",
      message: clashing.map((name) => `"${name}" is already in use`).join(", "),
    });
  take("kind", taken.kinds);
  take("listKind", taken.kinds);
  names.categories = wanted.categories;
  // As in Kubernetes, the last one is told.
  return { names: withoutUndefined(names) as DefinedNames, conflict: conflicts.at(-1) };
}

const REASONS = {
  plural: "PluralConflict",
  singular: "SingularConflict",
  kind: "KindConflict",
  listKind: "ListKindConflict",
} as const;

const withoutUndefined = (names: object): object =>
  Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));

const sameNames = (a: object, b: object | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What all other definitions of the group have had accepted. */
export function takenBeside(store: Store, { metadata, spec }: CustomResourceDefinition): Taken {
  const others = store
    .list(Definition)
    .map(({ object }) => object as unknown as CustomResourceDefinition)
    .filter((other) => other.spec.group === spec.group && other.metadata.name !== metadata.name)
    .map((other) => other.status?.acceptedNames ?? {});
  return {
    resources: given(
      others.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames]),
    ),
    kinds: given(others.flatMap(({ kind, listKind }) => [kind, listKind])),
  };
}

const given = (names: readonly (string | undefined)[]): ReadonlySet<string> =>
  new Set(names.filter((name) => name !== undefined));
