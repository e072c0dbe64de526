import type { KubeList } from "../../apis/meta.ts";
import { GLOBAL } from "../cli/flags.ts";
import { Options } from "../cli/options.ts";
import { parse } from "../cli/parse.ts";
import { TOPICS, type Topic } from "../cli/topics.ts";
import type { Command, Operand, Option, OptionTable } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { listPath } from "../get/query.ts";
import { type Named, NAMED_KINDS } from "../resources/named.ts";
import type { ResourceType } from "../resources/types.ts";

/** Something that may stand at the cursor, and what it means. */
export interface Candidate {
  word: string;
  help?: string;
}

/** What may stand in place of the last of these words. */
export async function candidatesFor(
  words: readonly string[],
  commands: readonly Command[],
): Promise<Candidate[]> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? "";
  const visible = commands.filter(({ hidden }) => !hidden);
  const command = before.map((word) => visible.find(({ name }) => name === word)).find(Boolean);
  if (command?.name === "help") return [...TOPICS.map(topicOf), ...visible.map(candidateOf)];
  if (!command) return visible.map(candidateOf);
  const table = { ...command.options, ...GLOBAL };
  const value = valueOf(before.at(-1), current, table);
  if (value) return value;
  if (current.startsWith("-")) return Object.entries(table).flatMap(optionCandidate);
  return operands(command, before, current);
}

const candidateOf = ({ name, summary }: Command): Candidate => ({ word: name, help: summary });

const topicOf = ({ name, summary }: Topic): Candidate => ({ word: name, help: summary });

function optionCandidate([name, { type, help }]: [string, Option]): Candidate[] {
  if (name.length === 1) return [];
  return [{ word: type === "string" ? `--${name}=` : `--${name}`, help }];
}

/** The values of an option that wants one, if that is where the cursor is. */
function valueOf(previous: string | undefined, current: string, table: OptionTable): Candidate[] | undefined {
  const glued = /^--([\w-]+)=/.exec(current);
  const option = glued ? table[glued[1]!] : wanting(previous, table);
  if (!option) return undefined;
  const prefix = glued ? glued[0] : "";
  return (option.choices ?? option.proposals ?? []).map((choice) => ({ word: prefix + choice }));
}

function wanting(previous: string | undefined, table: OptionTable): Option | undefined {
  if (!previous?.startsWith("-") || previous.includes("=")) return undefined;
  const option = previous.startsWith("--")
    ? table[previous.slice(2)]
    : Object.values(table).find(({ short }) => previous === `-${short}`);
  return option?.type === "string" ? option : undefined;
}

async function operands(
  { operand, options }: Command,
  before: readonly string[],
  current: string,
): Promise<Candidate[]> {
  if (operand === "shell") return ["bash", "zsh", "fish", "powershell"].map((word) => ({ word }));
  if (operand === undefined || operand === "file" || operand === "command") return [];
  const { args, options: given } = parsed(before, { ...options, ...GLOBAL });
  if (operand === "manifest") return manifestNames(given);
  if (operand === "token") return tokenWords(given, args.slice(1));
  const session = await connect(given);
  if (isNamed(operand)) return namedOf(session, NAMED_KINDS[operand], current);
  return typesOrNames(session, { typed: args.slice(1), current, onlyTypes: operand === "type" });
}

/** Of the objects in the file that `up` would read. */
async function manifestNames(options: Options): Promise<Candidate[]> {
  const { manifestsOf, projectOf } = await import("../up/project.ts");
  const manifests = await manifestsOf(
    projectOf(options.all("filename"), undefined),
    options.flag("recursive"),
  );
  return manifests.map(({ object }) => ({ word: object.metadata.name, help: object.kind }));
}

async function tokenWords(options: Options, [action]: readonly string[]): Promise<Candidate[]> {
  if (action === undefined) return ["create", "list", "delete"].map((word) => ({ word }));
  if (action !== "delete") return [];
  const { tokensOf } = await import("../token/place.ts");
  return (await tokensOf(options)).list().map(({ name }) => ({ word: name }));
}

/** An unfinished line may well be wrong; then its options do not count. */
function parsed(words: readonly string[], table: OptionTable) {
  try {
    return parse(words, table);
  } catch {
    return { args: words.filter((word) => !word.startsWith("-")), options: new Options(new Map()) };
  }
}

interface Position {
  /** Operands before the cursor. */
  typed: readonly string[];
  current: string;
  onlyTypes: boolean;
}

async function typesOrNames(session: Session, { typed, current, onlyTypes }: Position): Promise<Candidate[]> {
  const types = await session.types();
  const [typeWord] = current.includes("/") ? [current.split("/", 1)[0]!] : [];
  if (typeWord !== undefined) {
    const type = types.find(typeWord);
    return type ? namesOf(session, type, `${typeWord}/`) : [];
  }
  if (typed.length === 0 || onlyTypes) {
    const before = current.slice(0, current.lastIndexOf(",") + 1);
    return types.all
      .filter(({ verbs }) => verbs.includes("list"))
      .map(({ plural, kind, short }) => ({ word: before + plural, help: [kind, ...short].join(", ") }));
  }
  const type = types.find(typed[0]!);
  return type ? namesOf(session, type, "") : [];
}

const isNamed = (operand: Operand): operand is Named => operand in NAMED_KINDS;

async function namedOf(session: Session, kinds: readonly string[], current: string): Promise<Candidate[]> {
  const types = await session.likelyTypes([]);
  if (current.includes("/")) return typesOrNames(session, { typed: [], current, onlyTypes: false });
  const named = kinds.flatMap((kind) => types.all.find((type) => type.kind === kind) ?? []);
  return (await Promise.all(named.map((type) => namesOf(session, type, "")))).flat();
}

async function namesOf(session: Session, type: ResourceType, prefix: string): Promise<Candidate[]> {
  const query = { namespace: session.namespace, labelSelector: undefined, fieldSelector: undefined };
  const { items } = await session.json<KubeList>(listPath(type, query));
  return items.map(({ metadata }) => ({ word: prefix + metadata.name, help: type.kind }));
}
