import type { FieldError } from "../../../apis/errors.ts";
import type { ObjectMeta } from "../../../apis/meta.ts";
import { metadataErrors } from "../../admission/metadata.ts";
import { join } from "../../admission/prune.ts";
import { invalidValue, required, wrongType } from "./problems.ts";
import { isRecord, typeOf } from "./values.ts";

/** What is asked of an object of Kubernetes inside of another: apiVersion and kind, and metadata as they may be. */
export function embeddedProblems(value: Record<string, unknown>, path: string): FieldError[] {
  return [
    ...textProblems(value["apiVersion"], join(path, "apiVersion"), groupVersionProblem),
    ...textProblems(value["kind"], join(path, "kind"), kindProblem),
    ...metadataProblems(value["metadata"], join(path, "metadata")),
  ];
}

function textProblems(
  value: unknown,
  field: string,
  problemOf: (text: string) => string | undefined,
): FieldError[] {
  if (value === undefined) return [required(field, "must not be empty")];
  if (typeof value !== "string") return [wrongType(field, typeOf(value), "string")];
  const problem = value === "" ? "must not be empty" : problemOf(value);
  return problem ? [invalidValue(field, value, problem)] : [];
}

const groupVersionProblem = (text: string) =>
  text.split("/").length > 2 ? `unexpected GroupVersion string: ${text}` : undefined;

const kindProblem = (text: string) =>
  /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/i.test(text)
    ? undefined
    : "may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";

function metadataProblems(metadata: unknown, path: string): FieldError[] {
  if (metadata === undefined) return [];
  if (!isRecord(metadata)) return [wrongType(path, typeOf(metadata), "object")];
  return metadataErrors(metadata as unknown as ObjectMeta).map((error) => ({
    ...error,
    field: path + error.field.slice("metadata".length),
  }));
}
