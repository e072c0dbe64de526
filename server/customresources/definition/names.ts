import type { CustomResourceDefinition, DefinedNames } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { invalidValue, required } from "../structural/index.ts";

type Spec = CustomResourceDefinition["spec"];

const LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_LABEL = 63;
const MAX_SUBDOMAIN = 253;

/** Why a text is no DNS-1035 label; undefined if it is one. */
export function labelProblem(text: string): string | undefined {
  if (text.length > MAX_LABEL) return `must be no more than ${MAX_LABEL} characters`;
  if (LABEL.test(text)) return undefined;
  return `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`;
}

/** What is wrong with the names of a definition. Those that the server fills in are there. */
export function namesProblems(names: Partial<DefinedNames>, path: string): FieldError[] {
  const { plural, singular, kind, listKind, shortNames = [], categories = [] } = names;
  const problems = [
    ...labelProblems(plural, `${path}.plural`),
    ...labelProblems(singular, `${path}.singular`),
    ...kindProblems(kind, `${path}.kind`),
    ...kindProblems(listKind, `${path}.listKind`),
    ...shortNames.flatMap((name, i) => labelProblems(name || "-", `${path}.shortNames[${i}]`)),
    ...categories.flatMap((name, i) => labelProblems(name || "-", `${path}.categories[${i}]`)),
  ];
  if (kind && kind === listKind)
    problems.push(invalidValue(`${path}.listKind`, listKind, "kind and listKind may not be the same"));
  return problems;
}

function labelProblems(text: string | undefined, field: string): FieldError[] {
  const problem = text ? labelProblem(text) : undefined;
  return problem ? [invalidValue(field, text, problem)] : [];
}

function kindProblems(kind: string | undefined, field: string): FieldError[] {
  const problem = kind ? labelProblem(kind.toLowerCase()) : undefined;
  return problem
    ? [invalidValue(field, kind, `may have mixed case, but should otherwise match: ${problem}`)]
    : [];
}

/** Names that must be there in a spec, though not in a status. */
export const missingNames = ({ names }: Spec): FieldError[] =>
  (["plural", "kind"] as const).filter((name) => !names[name]).map((name) => required(`spec.names.${name}`));

/** What is wrong with the group, and with the name of the definition, which follows from it. */
export function groupProblems(name: string, { group, names }: Spec): FieldError[] {
  const problems: FieldError[] = [];
  if (name !== `${names.plural}.${group}`)
    problems.push(invalidValue("metadata.name", name, 'must be spec.names.plural+"."+spec.group'));
  const problem = group === "" ? undefined : groupProblem(group);
  if (group === "") problems.push(required("spec.group"));
  if (problem) problems.push(invalidValue("spec.group", group, problem));
  return problems;
}

function groupProblem(group: string): string | undefined {
  if (group.length > MAX_SUBDOMAIN) return `must be no more than ${MAX_SUBDOMAIN} characters`;
  if (!SUBDOMAIN.test(group))
    return "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  if (!group.includes(".")) return "should be a domain with at least one dot";
  return undefined;
}

const APPROVAL = "api-approved.kubernetes.io";

/** Groups of the Kubernetes community take kinds only with the address of who approved them, or `unapproved…`. */
export function approvalProblems({ metadata, spec: { group } }: CustomResourceDefinition): FieldError[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return [];
  const field = `metadata.annotations[${APPROVAL}]`;
  const approval = metadata.annotations?.[APPROVAL];
  if (!approval) {
    const why = `protected groups must have approval annotation "${APPROVAL}", see https://github.com/kubernetes/enhancements/pull/1111`;
    return [required(field, why)];
  }
  if (approval.startsWith("unapproved") || URL.canParse(approval)) return [];
  const why = `protected groups must have approval annotation "${APPROVAL}" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`;
  return [invalidValue(field, approval, why)];
}
