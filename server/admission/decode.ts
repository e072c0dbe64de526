import { badRequest, invalid, StatusError } from "../../apis/errors.ts";
import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import type { ObjectMeta } from "../../apis/meta.ts";
import type { RequestOptions } from "../registry/types.ts";
import { decodeMetadata } from "./metadata.ts";
import { schemaOf } from "./schema.ts";

/** A body, taken apart: copies with only known fields. */
export interface Decoded {
  metadata: ObjectMeta;
  /** Everything but apiVersion, kind and metadata. */
  fields: Record<string, unknown>;
  /** Paths of the fields that the kind does not have. */
  unknown: string[];
}

/**
 * Takes a body apart.
 *
 * @throws StatusError `BadRequest` if it is no object of this kind (rule 47).
 */
export function decode(kind: Kind, body: unknown): Decoded {
  if (!isRecord(body)) throw badRequest(`the body of the request must be an object of kind ${kind.kind}`);
  const { apiVersion, kind: bodyKind, metadata = {}, ...rest } = body;
  checkType(kind, apiVersion, bodyKind);
  if (!isRecord(metadata)) throw badRequest("metadata must be an object");
  const unknown: string[] = [];
  const decoded = {
    metadata: decodeMetadata(metadata, unknown),
    fields: schemaOf(kind).prune(rest, unknown),
    unknown,
  };
  return decoded;
}

function checkType(kind: Kind, apiVersion: unknown, bodyKind: unknown): void {
  const expected = apiVersionOf(kind);
  if (!kind.builtIn && (apiVersion === undefined || bodyKind === undefined)) {
    throw badRequest(`Object '${bodyKind === undefined ? "Kind" : "apiVersion"}' is missing in the body`);
  }
  if (apiVersion !== undefined && apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${JSON.stringify(apiVersion)}) does not match the expected API version (${expected})`,
    );
  }
  if (bodyKind !== undefined && bodyKind !== kind.kind) {
    throw badRequest(
      `the kind in the data (${JSON.stringify(bodyKind)}) does not match the expected kind (${kind.kind})`,
    );
  }
}

/** As many as Kubernetes tells. */
const MAX_PROBLEMS = 100;

/**
 * What to do about unknown and duplicate fields (rule 75): nothing, warnings, or an error.
 *
 * @returns The texts of the warnings.
 * @throws StatusError `BadRequest` for a whole object, `Invalid` for a patched one, if validation is strict.
 */
export function checkFields(
  { kind, name }: { kind: Kind; name: string },
  unknown: readonly string[],
  options: RequestOptions,
  isPatch = false,
): string[] {
  const problems = [
    ...unknown.slice(0, MAX_PROBLEMS).map((path) => `unknown field "${path}"`),
    ...(options.duplicateFields ?? []).slice(0, MAX_PROBLEMS).map((path) => `duplicate field "${path}"`),
  ];
  const mode = options.fieldValidation ?? "Warn";
  if (problems.length === 0 || mode === "Ignore") return [];
  if (mode === "Warn") return problems;
  if (!isPatch) throw badRequest(`strict decoding error: ${problems.join(", ")}`);
  throw invalid(
    { group: kind.group, kind: kind.kind, name },
    problems.map((message, i) => ({
      field: unknown[i] ?? "patch",
      message: `strict decoding error: ${message}`,
    })),
  );
}

/** At most 128 printable characters. */
const MANAGER = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{0,128}$/u;

/** `fieldValidation` and `fieldManager` as they may be (rules 71, 75). */
export function checkOptions(options: RequestOptions): void {
  const { fieldValidation, fieldManager } = options;
  if (fieldValidation !== undefined && !["Ignore", "Warn", "Strict"].includes(fieldValidation)) {
    throw invalidOption(
      `fieldValidation: Unsupported value: "${fieldValidation as string}": supported values: "Ignore", "Strict", "Warn"`,
    );
  }
  if (fieldManager !== undefined && !MANAGER.test(fieldManager)) {
    throw invalidOption("fieldManager: Invalid value: must be at most 128 printable characters");
  }
}

const invalidOption = (message: string) => new StatusError(422, "Invalid", `invalid options: ${message}`);

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
