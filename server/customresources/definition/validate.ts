import type { CustomResourceDefinition } from "../../../apis/apiextensions/index.ts";
import { isTrue } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { GROUP } from "../../../apis/meta.ts";
import { invalidValue, isEqual, notSupported } from "../structural/index.ts";
import { approvalProblems, groupProblems, missingNames, namesProblems } from "./names.ts";
import { storedVersionProblems, versionsProblems } from "./versions.ts";

/**
 * What is wrong with a definition, as the API server of Kubernetes sees it.
 *
 * @param current what is stored; undefined for a new one.
 */
export function definitionProblems(
  definition: CustomResourceDefinition,
  current: CustomResourceDefinition | undefined,
): FieldError[] {
  const { metadata, spec, status } = definition;
  const ofStatus = [
    ...namesProblems(status?.acceptedNames ?? {}, "status.acceptedNames"),
    ...storedVersionProblems(definition),
  ];
  // Schemas of well-known projects are large, and most writes are about the status or a label.
  if (current && isEqual(spec, current.spec)) return ofStatus;
  return [
    ...groupProblems(metadata.name, spec),
    ...servedGroupProblems(spec),
    ...(current ? changeProblems(spec, current) : approvalProblems(definition)),
    ...missingNames(spec),
    ...namesProblems(spec.names, "spec.names"),
    ...versionsProblems(spec),
    ...conversionProblems(spec),
    ...ofStatus,
  ];
}

type Spec = CustomResourceDefinition["spec"];

/** Groups whose kinds are part of the server. */
const OWN_GROUPS = new Set([
  GROUP,
  "apiextensions.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "coordination.k8s.io",
  "events.k8s.io",
]);

const servedGroupProblems = ({ group }: Spec): FieldError[] =>
  OWN_GROUPS.has(group)
    ? [invalidValue("spec.group", group, "is served by tiltish itself; choose a group of your own")]
    : [];

/** What cannot be changed: the name of the resource ever, and once it is served all that its objects depend on. */
function changeProblems(spec: Spec, current: CustomResourceDefinition): FieldError[] {
  const { spec: old } = current;
  const fixed: [field: string, value: string, before: string][] = [
    ["spec.group", spec.group, old.group],
    ["spec.names.plural", spec.names.plural, old.names.plural],
  ];
  if (isTrue(current, "Established"))
    fixed.push(["spec.scope", spec.scope, old.scope], ["spec.names.kind", spec.names.kind, old.names.kind]);
  return fixed
    .filter(([, value, before]) => value !== before)
    .map(([field, value]) => invalidValue(field, value, "field is immutable"));
}

function conversionProblems({ conversion, preserveUnknownFields }: Spec): FieldError[] {
  const problems: FieldError[] = [];
  const strategy = conversion?.strategy ?? "None";
  const field = "spec.conversion.strategy";
  if (strategy === "Webhook")
    problems.push(
      invalidValue(
        field,
        strategy,
        "conversion webhooks are not served; use None, with which versions differ in apiVersion only",
      ),
    );
  else if (strategy !== "None") problems.push(notSupported(field, strategy, ["None"]));
  else if (conversion?.webhook !== undefined)
    problems.push({
      field: "spec.conversion.webhook",
      message: "Forbidden: should not be set when strategy is not set to Webhook",
      reason: "FieldValueForbidden",
    });
  if (preserveUnknownFields)
    problems.push(
      invalidValue(
        "spec.preserveUnknownFields",
        true,
        "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
      ),
    );
  return problems;
}
