import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { AuthError } from "./errors.ts";

/** What the cf command line keeps of who is logged in where. It is read here, and never written. */
export interface CfConfig {
  /** Address of the Cloud Controller. */
  readonly api: string;
  readonly authorizationEndpoint: string;
  readonly uaaEndpoint: string;
  /** With its type: `bearer …`. */
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly client: { readonly id: string; readonly secret: string };
  readonly grantType: string;
  /** As whom codes for ssh are asked. */
  readonly sshClient: string;
  readonly org: Target | undefined;
  readonly space: Target | undefined;
  /** Certificates are not verified: the user has said so to cf. */
  readonly skipVerify: boolean;
}

export interface Target {
  readonly guid: string;
  readonly name: string;
}

/** The only version that cf itself reads. */
const VERSION = 4;

/** The file with the configuration. @param cfHome as `spec.cfHome`; default: as cf finds it. */
export const configFile = (cfHome = process.env["CF_HOME"] || homedir()): string =>
  join(cfHome, ".cf/config.json");

/** Tells one state of the file from the next; empty if there is none. */
export async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeNs, size, ino } = await stat(file, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  } catch {
    return "";
  }
}

/** @throws AuthError if nobody is logged in. */
export async function readConfig(file: string): Promise<CfConfig> {
  const fields = await fieldsIn(file);
  const text = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  if (fields["ConfigVersion"] !== VERSION) throw notLoggedIn(`${file} is not of version ${VERSION}`);
  if (text("Target") === "") throw notLoggedIn("no API endpoint is set");
  if (text("AccessToken") === "" && text("RefreshToken") === "") throw notLoggedIn("nobody is logged in");
  const uaaEndpoint = text("UaaEndpoint");
  return {
    api: text("Target"),
    uaaEndpoint,
    authorizationEndpoint: text("AuthorizationEndpoint") || uaaEndpoint,
    accessToken: text("AccessToken"),
    refreshToken: text("RefreshToken"),
    client: { id: text("UAAOAuthClient") || "cf", secret: text("UAAOAuthClientSecret") },
    grantType: text("UAAGrantType"),
    sshClient: text("SSHOAuthClient") || "ssh-proxy",
    org: targetOf(fields["OrganizationFields"]),
    space: targetOf(fields["SpaceFields"]),
    skipVerify: fields["SSLDisabled"] === true,
  };
}

async function fieldsIn(file: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw notLoggedIn(code === "ENOENT" ? `there is no ${file}` : `${file} cannot be read`);
  }
}

const notLoggedIn = (why: string): AuthError => new AuthError("NotLoggedIn", `${why}; log in with: cf login`);

function targetOf(fields: unknown): Target | undefined {
  const { GUID: guid, Name: name } = (fields ?? {}) as { GUID?: unknown; Name?: unknown };
  return typeof guid === "string" && guid !== "" && typeof name === "string" ? { guid, name } : undefined;
}
