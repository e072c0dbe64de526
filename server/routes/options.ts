import { badRequest, invalid } from "../../apis/errors.ts";
import type { ListOptions } from "../../apis/transport.ts";
import type { RequestContext, ResourceContext } from "../http/context.ts";
import type { RequestOptions } from "../registry/index.ts";

/** The options of a create, update or patch, as the query gives them (rules 71, 74, 75). */
export function writeOptionsOf(context: ResourceContext, duplicateFields: string[]): RequestOptions {
  const { query, resource } = context;
  const fieldManager = query.get("fieldManager") || agentOf(context) || UNKNOWN;
  const fieldValidation = fieldValidationOf(query);
  return {
    dryRun: dryRunOf(query.getAll("dryRun")),
    duplicateFields,
    fieldManager,
    ...(fieldValidation && { fieldValidation }),
    ...(resource.subresource && { subresource: resource.subresource }),
  };
}

/** Who does not say who it is. */
const UNKNOWN = "unknown";

/** The name of the program that asks: its User-Agent up to the first slash. */
function agentOf({ request }: RequestContext): string {
  const agent = request.headers["user-agent"] ?? "";
  return agent
    .split("/", 1)[0]!
    .replace(/[^\x20-\x7e]/g, "")
    .slice(0, 128);
}

const FIELD_VALIDATIONS = ["Ignore", "Warn", "Strict"] as const;

function fieldValidationOf(query: URLSearchParams): RequestOptions["fieldValidation"] {
  const text = query.get("fieldValidation");
  return text ? oneOf(FIELD_VALIDATIONS, text, "fieldValidation") : undefined;
}

/** @throws StatusError `Invalid` for anything but `All` (rule 74). */
export function dryRunOf(values: readonly string[]): boolean {
  for (const value of values) oneOf(["All"], value, "dryRun");
  return values.length > 0;
}

/** @throws StatusError `Invalid`, saying what is supported. */
export function oneOf<T extends string>(supported: readonly T[], value: string, field: string): T {
  const found = supported.find((one) => one === value);
  if (found !== undefined) return found;
  const known = supported.map((one) => JSON.stringify(one)).join(", ");
  throw invalidOption(
    field,
    `Unsupported value: ${JSON.stringify(value)}: supported values: ${known}`,
    "FieldValueNotSupported",
  );
}

/** Rule 30: values of query options that cannot be are 422. */
export const invalidOption = (
  field: string,
  message: string,
  reason: "FieldValueNotSupported" | "FieldValueForbidden" | "FieldValueInvalid" = "FieldValueInvalid",
) => invalid({ group: "meta.k8s.io", kind: "Options", name: "" }, [{ field, message, reason }]);

/** Everything that narrows a list down; the registry checks what goes together. */
export function listOptionsOf({ query, resource }: ResourceContext): ListOptions {
  const limit = integerOf(query, "limit");
  // Lists have no use for it, but a mistake in it is one all the same.
  integerOf(query, "timeoutSeconds");
  return {
    ...(resource.namespace && { namespace: resource.namespace }),
    // The value of resourceVersionMatch is checked together with the rest.
    ...(textsOf(query) as Omit<ListOptions, "limit" | "namespace">),
    // Rule 27: a negative limit is none.
    ...(limit !== undefined && limit > 0 && { limit }),
  };
}

const TEXTS = ["labelSelector", "fieldSelector", "continue", "resourceVersion", "resourceVersionMatch"];

/** Empty is as good as absent, and only what is there is in the answer. */
const textsOf = (query: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    TEXTS.flatMap((name) => {
      const text = query.get(name);
      return text ? [[name, text]] : [];
    }),
  );

/** @throws StatusError `BadRequest` for what is no integer (rule 27). */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
  throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be an integer`);
}

/** Absent, or what Kubernetes takes for a boolean: everything but these is true. */
export function booleanOf(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  return text === null ? undefined : !["0", "false", "False", "FALSE", "f", "F"].includes(text);
}
