import { randomBytes } from "node:crypto";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writePrivately } from "./privatefile.ts";

const TOKEN = /^[A-Za-z0-9_-]{43,}$/;

/**
 * The bearer token of a state directory: 256 random bits, made once, so that a kubeconfig of another terminal keeps
 * working when the server is restarted. Delete the file to get a new one with the next start.
 */
export function ensureToken(stateDirectory: string): string {
  const file = join(stateDirectory, "token");
  const known = readIfThere(file)?.trim();
  if (known !== undefined && TOKEN.test(known)) {
    chmodSync(file, 0o600);
    return known;
  }
  const token = randomBytes(32).toString("base64url");
  writePrivately(file, `${token}\n`);
  return token;
}
