import { usageError } from "../cli/errors.ts";
import type { ResourceType, ResourceTypes } from "./types.ts";

/** Objects of one kind that a call names; without names, all of them. */
export interface Selection {
  type: ResourceType;
  names: readonly string[] | undefined;
}

/**
 * What `TYPE[,TYPE…] [NAME…]` or `TYPE/NAME…` stand for.
 *
 * @throws CliError for a type that the server does not have, or a mixture of both forms.
 */
export function select(types: ResourceTypes, args: readonly string[]): Selection[] {
  if (args.length === 0) throw usageError("which resource type? tiltish api-resources lists them");
  if (args.some((arg) => arg.includes("/"))) return pairs(types, args);
  const [words, ...names] = args;
  const chosen = words!.split(",").flatMap((word) => (word ? types.named(word) : []));
  const unique = [...new Set(chosen)];
  return unique.map((type) => ({ type, names: names.length ? names : undefined }));
}

function pairs(types: ResourceTypes, args: readonly string[]): Selection[] {
  const names = new Map<ResourceType, string[]>();
  for (const arg of args) {
    const [word, name, ...more] = arg.split("/");
    if (!word || !name || more.length) {
      throw usageError(`give TYPE NAME... or TYPE/NAME..., not both: "${arg}" is no TYPE/NAME`);
    }
    const type = types.one(word);
    names.set(type, [...(names.get(type) ?? []), name]);
  }
  return [...names].map(([type, names]) => ({ type, names }));
}

/** The words among operands that name types. */
export function typeWords(args: readonly string[]): string[] {
  const arePairs = args.some((arg) => arg.includes("/"));
  return arePairs ? args.map((arg) => arg.split("/", 1)[0]!) : (args[0]?.split(",") ?? []);
}
