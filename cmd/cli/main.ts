import { EXIT, usageError } from "./errors.ts";
import { GLOBAL } from "./flags.ts";
import { exitWhenWritten, ignoreClosedPipes } from "./io.ts";
import { parse } from "./parse.ts";
import { didYouMean } from "./suggest.ts";
import { COMMANDS, commandNamed } from "./table/index.ts";
import type { Command } from "./types.ts";

/** Runs the command that the words name, then ends the process. */
export const main = (words: readonly string[]): Promise<never> => runToEnd(words, () => dispatch(words));

/** Runs one command that is known already, then ends the process. */
export const mainOf = (command: Command, words: readonly string[]): Promise<never> =>
  runToEnd(words, () => run(command, words));

async function runToEnd(words: readonly string[], act: () => Promise<number>): Promise<never> {
  ignoreClosedPipes();
  try {
    return await exitWhenWritten(await act());
  } catch (error) {
    const { report } = await import("./report.ts");
    return exitWhenWritten(report(error, words));
  }
}

async function dispatch(words: readonly string[]): Promise<number> {
  const at = commandIndex(words);
  if (at < 0) return overview(words);
  const command = commandNamed(words[at]!);
  if (!command) throw unknownCommand(words[at]!);
  // The words of `__complete` are those of another command.
  if (command.name === "__complete") return run(command, ["--", ...words.slice(at + 1)]);
  return run(command, [...words.slice(0, at), ...words.slice(at + 1)]);
}

async function run(command: Command, words: readonly string[]): Promise<number> {
  const { options, args, rest } = parse(words, { ...command.options, ...GLOBAL });
  if (options.flag("help")) {
    const { helpOf } = await import("./help.ts");
    process.stdout.write(helpOf(command));
    return EXIT.ok;
  }
  const extra = [...args, ...(rest ?? [])];
  if (command.usage === "" && extra.length) {
    throw usageError(`unexpected "${extra[0]}": tiltish ${command.name} takes options only`);
  }
  setUp(options);
  const { run } = await command.load();
  return (await run({ command, commands: COMMANDS, options, args, rest })) ?? EXIT.ok;
}

function setUp(options: ReturnType<typeof parse>["options"]): void {
  const directory = options.text("directory");
  if (directory !== undefined) enter(directory);
  if (options.flag("no-color") || options.text("color") === "never") process.env["NO_COLOR"] = "1";
  else if (options.text("color") === "always") {
    delete process.env["NO_COLOR"];
    process.env["FORCE_COLOR"] = "1";
  }
}

function enter(directory: string): void {
  try {
    process.chdir(directory);
  } catch {
    throw usageError(`-C ${directory}: no such directory`);
  }
}

/** Where the command is: the first word that is neither a global option nor the value of one. */
function commandIndex(words: readonly string[]): number {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") return -1;
    if (!word.startsWith("-")) return i;
    if (takesNext(word)) i++;
  }
  return -1;
}

function takesNext(word: string): boolean {
  const option = word.startsWith("--")
    ? GLOBAL[word.slice(2)]
    : Object.values(GLOBAL).find(({ short }) => word === `-${short}`);
  return option?.type === "string";
}

async function overview(words: readonly string[]): Promise<number> {
  const { options } = parse(words, { ...GLOBAL, version: { type: "boolean", help: "" } });
  if (options.flag("version")) {
    process.stdout.write(`tiltish ${process.env["TILTISH_VERSION"] ?? "dev"}\n`);
    return EXIT.ok;
  }
  const { overviewOf } = await import("./help.ts");
  const isAsked = options.flag("help");
  (isAsked ? process.stdout : process.stderr).write(overviewOf(COMMANDS));
  return isAsked ? EXIT.ok : EXIT.usage;
}

function unknownCommand(name: string): Error {
  const names = COMMANDS.filter(({ hidden }) => !hidden).map(({ name }) => name);
  return usageError(
    `unknown command "${name}"${didYouMean(name, names) || "; tiltish --help lists them all"}`,
  );
}
