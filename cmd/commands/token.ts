import type { TokenDirectory } from "../../server/auth/tokens/index.ts";
import { failure, usageError } from "../cli/errors.ts";
import { outLine } from "../cli/io.ts";
import { didYouMean } from "../cli/suggest.ts";
import type { Invocation } from "../cli/types.ts";
import { createToken } from "../token/create.ts";
import { listTokens } from "../token/list.ts";
import { tokensOf } from "../token/place.ts";

const ACTIONS: Readonly<Record<string, (invocation: Invocation, args: readonly string[]) => unknown>> = {
  create: createToken,
  list: listTokens,
  delete: deleteTokens,
};

/** `tiltish token`: for others than this user, who may read and no more. */
export async function run(invocation: Invocation): Promise<void> {
  const [action = "", ...args] = invocation.args;
  if (!Object.hasOwn(ACTIONS, action)) throw unknownAction(action);
  await ACTIONS[action]!(invocation, args);
}

function unknownAction(action: string): Error {
  const hint = didYouMean(action, Object.keys(ACTIONS)) || "; there are create, list and delete";
  return usageError(action === "" ? "which of create, list and delete?" : `unknown "token ${action}"${hint}`);
}

/** `tiltish token delete NAME...`: a server that runs refuses them from now on. */
async function deleteTokens({ options }: Invocation, names: readonly string[]): Promise<void> {
  if (names.length === 0) throw usageError("which token? tiltish token list shows them");
  const tokens = await tokensOf(options);
  const missing = names.filter((name) => !deleteToken(tokens, name));
  const [first] = missing;
  if (first === undefined) return;
  const known = tokens.list().map(({ name }) => name);
  throw failure(`there is no token "${missing.join('", "')}"${didYouMean(first, known)}`);
}

function deleteToken(tokens: TokenDirectory, name: string): boolean {
  const isDeleted = tokens.delete(name);
  if (isDeleted) outLine(`token "${name}" deleted`);
  return isDeleted;
}
