import { StatusError } from "../../apis/errors.ts";
import type { CliError } from "../cli/errors.ts";
import { problemAt, type Manifest } from "./manifest.ts";
import { invalidManifest, type Problem } from "./problem.ts";

const STRICT = /(unknown|duplicate) field "([^"]+)"/g;

/**
 * What the server has against an object, told at the places in its file; undefined if it is nothing about the
 * object as it is written.
 */
export async function refusal(error: unknown, manifest: Manifest): Promise<CliError | undefined> {
  if (!(error instanceof StatusError)) return undefined;
  const problems = [...causes(error, manifest), ...(await strictProblems(error, manifest))];
  if (problems.length) return invalidManifest(problems);
  if (error.reason !== "BadRequest" && error.reason !== "Invalid") return undefined;
  return invalidManifest([problemAt(manifest, "", error.message)]);
}

function causes({ details }: StatusError, manifest: Manifest): Problem[] {
  return (details?.causes ?? [])
    .filter(({ field }) => field !== undefined)
    .map(({ field = "", message = "is invalid" }) => problemAt(manifest, field, message));
}

async function strictProblems({ message }: StatusError, manifest: Manifest): Promise<Problem[]> {
  const found = [...message.matchAll(STRICT)];
  if (found.length === 0) return [];
  const { fieldsBeside } = await import("./schema.ts");
  const { didYouMean } = await import("../cli/suggest.ts");
  return found.map(([, what, field]) => {
    const name = /[^.[\]]+$/.exec(field!)?.[0] ?? field!;
    const hint = what === "unknown" ? didYouMean(name, fieldsBeside(manifest.object.kind, field!)) : "";
    return problemAt(manifest, field!, what === "unknown" ? `unknown field${hint}` : "is there twice");
  });
}
