import { isExpired, type ScopedToken, type TokenFile } from "../../server/auth/tokens/index.ts";
import { ageOf } from "../../apis/duration.ts";
import { usageError } from "../cli/errors.ts";
import { out, outLine, say } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Invocation } from "../cli/types.ts";
import { Columns } from "../print/columns.ts";
import { tokensOf } from "./place.ts";

/** `tiltish token list`: what there is, what it is good for, and files that are good for nothing. */
export async function listTokens({ options }: Invocation, args: readonly string[]): Promise<void> {
  if (args.length) throw usageError(`unexpected "${args[0]}": tiltish token list takes options only`);
  const format = options.choice("output", ["table", "json"], "table");
  const namespace = options.text("namespace");
  const files = (await tokensOf(options)).list().filter((file) => isIn(file, namespace));
  if (format === "json") return outLine(JSON.stringify(files.map(shown), undefined, 2));
  if (files.length === 0)
    return say("No tokens beside the full one. tiltish token create --read-only makes one");
  const header = ["NAME", "NAMESPACE", "SECRETS", "EXPIRES", "AGE", "STATUS"];
  out(new Columns().format([header, ...files.map((file) => rowOf(file).map(sanitize))]));
}

const isIn = (file: TokenFile, namespace: string | undefined): boolean =>
  namespace === undefined || ("token" in file && file.token.namespace === namespace);

function shown(file: TokenFile): object {
  if ("problem" in file) return { name: file.name, file: file.file, problem: file.problem };
  const { sha256: _, uid: __, access: ___, ...token } = file.token;
  return { ...token, expired: isExpired(file.token) };
}

function rowOf(file: TokenFile): string[] {
  const { name } = file;
  if ("problem" in file)
    return [name, "", "", "", "", `damaged, and refused: ${file.problem} (${file.file})`];
  const { token } = file;
  const [namespace, secrets] = [token.namespace ?? "<all>", token.secrets ? "yes" : "no"];
  const status = isExpired(token) ? "Expired" : "Active";
  return [name, namespace, secrets, expiryOf(token), ageOf(Date.now() - Date.parse(token.createdAt)), status];
}

function expiryOf({ expiresAt }: ScopedToken): string {
  if (expiresAt === undefined) return "never";
  const leftMs = Date.parse(expiresAt) - Date.now();
  return leftMs > 0 ? `in ${ageOf(leftMs)}` : `${ageOf(-leftMs)} ago`;
}
