import { randomInt } from "node:crypto";
import {
  isLabel,
  TokenDirectory,
  type ScopedToken,
  type TokenRequest,
} from "../../server/auth/tokens/index.ts";
import { failure, usageError } from "../cli/errors.ts";
import { out, outLine, say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import type { Invocation } from "../cli/types.ts";
import { namespaceFrom } from "../connect/find.ts";
import { kubeconfigFor } from "./kubeconfig.ts";
import { tokenPlaceOf } from "./place.ts";

/** `tiltish token create [NAME] --read-only`: prints it, this one time. */
export async function createToken({ options }: Invocation, args: readonly string[]): Promise<void> {
  const request = requestOf(options, args);
  const format = options.choice("output", ["token", "kubeconfig", "json"], "token");
  const stateDir = await tokenPlaceOf(options);
  // Before there is a token: one that could not be shown would only lie around.
  const kubeconfig = format === "kubeconfig" ? await kubeconfigFor(stateDir) : undefined;
  const { token, secret } = create(new TokenDirectory(stateDir), request);
  if (kubeconfig) out(kubeconfig(token, secret));
  else outLine(format === "json" ? JSON.stringify(shown(token, secret), undefined, 2) : secret);
  say(`${described(token)}. It is shown only now; tiltish token delete ${token.name} ends it`);
}

function requestOf(options: Options, [name = randomName(), ...others]: readonly string[]): TokenRequest {
  if (others.length) throw usageError(`unexpected "${others[0]}": one token at a time`);
  if (!options.flag("read-only")) {
    throw usageError(
      "a token that may do everything is there already, see tiltish kubeconfig; add --read-only for one that may read and no more",
    );
  }
  const namespace = namespaceFrom(options);
  const ttlMs = ttlOf(options);
  checkLabel("name", name);
  if (namespace !== undefined) checkLabel("namespace", namespace);
  return {
    name,
    secrets: options.flag("secrets"),
    ...(namespace !== undefined && { namespace }),
    ...(ttlMs !== undefined && { ttlMs }),
  };
}

function checkLabel(what: string, label: string): void {
  if (isLabel(label)) return;
  const rule = "at most 63 of a-z, 0-9 and -, with one of a-z, 0-9 at both ends";
  throw usageError(`the ${what} "${label}" cannot be: it takes ${rule}`);
}

const MAX_TTL_MS = 10 * 365 * 24 * 3_600_000;

function ttlOf(options: Options): number | undefined {
  const ttlMs = options.durationMs("ttl");
  if (ttlMs === undefined || (ttlMs > 0 && ttlMs <= MAX_TTL_MS)) return ttlMs;
  throw usageError(
    "--ttl takes a duration above 0 and of at most ten years, such as 8h; without it the token does not expire",
  );
}

const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

const randomName = (): string =>
  `token-${Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("")}`;

function create(tokens: TokenDirectory, request: TokenRequest): ReturnType<TokenDirectory["create"]> {
  try {
    return tokens.create(request);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const { name } = request;
    if (code === "EEXIST")
      throw failure(`there is a token "${name}" already; tiltish token delete ${name} ends it`);
    throw failure(`the token cannot be written: ${message}`);
  }
}

const shown = ({ name, namespace, secrets, createdAt, expiresAt }: ScopedToken, token: string) => ({
  name,
  ...(namespace !== undefined && { namespace }),
  secrets,
  createdAt,
  ...(expiresAt !== undefined && { expiresAt }),
  token,
});

function described({ name, namespace, secrets, expiresAt }: ScopedToken): string {
  const what = secrets ? "everything, Secrets too," : "everything but Secrets";
  const where = namespace === undefined ? "in all namespaces" : `in namespace ${namespace}`;
  const until = expiresAt === undefined ? "" : ` until ${expiresAt}`;
  return `token "${name}" may read ${what} ${where}${until}`;
}
