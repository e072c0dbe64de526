import { badRequest } from "../../apis/errors.ts";

/** Where a list goes on: in the state at `revision`, after the object `namespace`/`name`. */
export interface Position {
  revision: number;
  namespace: string;
  name: string;
}

/** A token that only this server need understand. */
export const encodeContinue = ({ revision, namespace, name }: Position): string =>
  Buffer.from(JSON.stringify([1, revision, namespace, name])).toString("base64url");

/**
 * @param newest revision of the store; a token of a later one is from another store.
 * @throws StatusError `BadRequest` for a token that this server did not make.
 */
export function decodeContinue(token: string, newest: number): Position {
  try {
    const [version, revision, namespace, name] = JSON.parse(
      Buffer.from(token, "base64url").toString(),
    ) as unknown[];
    if (
      version === 1 &&
      Number.isSafeInteger(revision) &&
      (revision as number) <= newest &&
      typeof namespace === "string" &&
      typeof name === "string"
    ) {
      return { revision: revision as number, namespace, name };
    }
  } catch {
    // What is no JSON is no token either; the error below says so.
  }
  throw badRequest("continue key is not valid: it is not a token that this server gave out");
}
