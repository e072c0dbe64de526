import { hash, randomBytes, randomUUID } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createPrivately, readSmall } from "../../http/privatefile.ts";
import { isLabel, parseToken, type ScopedToken } from "./token.ts";

/** What a new token is to be good for. */
export interface TokenRequest {
  name: string;
  namespace?: string;
  secrets: boolean;
  /** How long it is good; absent: until it is deleted. */
  ttlMs?: number;
}

/** A file of a token, and the token or what is wrong with the file. */
export type TokenFile =
  | { readonly name: string; readonly file: string; readonly token: ScopedToken }
  | { readonly name: string; readonly file: string; readonly problem: string };

/** More than a token of ours ever has. */
const MAX_FILE_BYTES = 4096;
const SUFFIX = ".json";

/**
 * The scoped tokens of a state directory, one file for each, named after it.
 *
 * Nothing is kept in memory: whoever asks sees what another process has created or deleted a moment ago.
 */
export class TokenDirectory {
  readonly path: string;

  constructor(stateDirectory: string) {
    this.path = join(stateDirectory, "tokens");
  }

  /**
   * Makes a token.
   *
   * @returns What it is good for, and the text to send, which cannot be had again.
   * @throws Error with code `EEXIST` if the name is taken.
   */
  create({ name, namespace, secrets, ttlMs }: TokenRequest): { token: ScopedToken; secret: string } {
    const secret = `${name}.${randomBytes(32).toString("base64url")}`;
    const now = Date.now();
    const token: ScopedToken = {
      name,
      uid: randomUUID(),
      sha256: hash("sha256", secret),
      access: "read",
      ...(namespace !== undefined && { namespace }),
      secrets,
      createdAt: timeOf(now),
      ...(ttlMs !== undefined && { expiresAt: timeOf(now + ttlMs) }),
    };
    createPrivately(this.#fileOf(name), `${JSON.stringify(token, undefined, 2)}\n`);
    return { token, secret };
  }

  /** The file of this name, which is a label of DNS; undefined if there is none. */
  find(name: string): TokenFile | undefined {
    const file = this.#fileOf(name);
    try {
      const text = readSmall(file, MAX_FILE_BYTES);
      return text === undefined ? undefined : { name, file, token: parseToken(name, text) };
    } catch (error) {
      return { name, file, problem: (error as Error).message };
    }
  }

  /**
   * All files, by their names.
   *
   * @throws Error if the directory is there and cannot be read.
   */
  list(): TokenFile[] {
    return namesIn(this.path)
      .toSorted()
      .flatMap((name) => (isLabel(name) ? (this.find(name) ?? []) : this.#misnamed(name)));
  }

  /** Whether there was one. */
  delete(name: string): boolean {
    if (!namesIn(this.path).includes(name)) return false;
    rmSync(this.#fileOf(name), { force: true });
    return true;
  }

  #fileOf(name: string): string {
    return join(this.path, name + SUFFIX);
  }

  #misnamed(name: string): TokenFile {
    return { name, file: this.#fileOf(name), problem: "its name is not that of a token" };
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => file.slice(0, -SUFFIX.length));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

/** The name of the token that a text could be; undefined if it can be none. */
export const nameIn = (secret: string): string | undefined =>
  /^([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\.[A-Za-z0-9_-]{43}$/.exec(secret)?.[1];
