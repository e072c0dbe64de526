import { inputErrors } from "../../apis/v1alpha1/index.ts";
import { usageError } from "../cli/errors.ts";

/**
 * What `--env KEY=VALUE` gives; `--env KEY` takes the value from our own environment.
 *
 * @throws CliError that names what is wrong, and never a value: it may be a secret.
 */
export function inputsOf(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Record<string, string> | undefined {
  if (words.length === 0) return undefined;
  const inputs = Object.fromEntries(words.map((word) => inputOf(word, environment)));
  const [error] = inputErrors(inputs, "--env");
  if (error) throw usageError(`${error.field} ${error.message}`);
  return inputs;
}

function inputOf(word: string, environment: NodeJS.ProcessEnv): [string, string] {
  const at = word.indexOf("=");
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  const value = environment[word];
  if (at < 0 && value !== undefined) return [word, value];
  throw usageError(
    `--env ${at < 0 ? word : "…"}: give KEY=VALUE, or the name of a variable that is set here`,
  );
}
