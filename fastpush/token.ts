import { createHash, timingSafeEqual } from "node:crypto";

/** Environment variable with the secret. */
export const TOKEN_VARIABLE = "FASTPUSH_TOKEN";

/** Says whether a token is the right one, in a time that tells nothing of how nearly it is. */
export type TokenCheck = (token: string | undefined) => boolean;

/**
 * The secret if one is set; else the guid of the app, which everybody who may see the app knows, as the original has it;
 * with neither, every token is wrong.
 */
export function tokenCheckOf(env: NodeJS.ProcessEnv): TokenCheck {
  const expected = env[TOKEN_VARIABLE] || appGuidIn(env["VCAP_APPLICATION"]);
  if (!expected) return () => false;
  const digest = digestOf(expected);
  return (token) => token !== undefined && timingSafeEqual(digestOf(token), digest);
}

export const hasSecret = (env: NodeJS.ProcessEnv): boolean => Boolean(env[TOKEN_VARIABLE]);

function appGuidIn(application: string | undefined): string | undefined {
  try {
    const { application_id: id } = JSON.parse(application ?? "{}") as { application_id?: unknown };
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();
