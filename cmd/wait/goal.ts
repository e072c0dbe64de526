import type { Condition, KubeObject } from "../../apis/meta.ts";
import { usageError } from "../cli/errors.ts";
import { parseTemplate, textOf, valuesAt } from "../print/jsonpath/index.ts";

/** What `--for` asks of an object. */
export interface Goal {
  type: "condition" | "jsonpath" | "delete" | "create";
  /** For the message about what was not reached. */
  description: string;
  /** What is said of an object that is as wanted. */
  met: string;
  isMet(object: KubeObject | undefined): boolean;
  /** Why it is not as wanted yet. */
  reason(object: KubeObject | undefined): string;
}

/**
 * Reads `condition=NAME[=VALUE]`, `jsonpath={PATH}[=VALUE]`, `delete` or `create`.
 *
 * @throws CliError with exit code 2 for anything else.
 */
export function goalOf(text: string | undefined): Goal {
  if (!text)
    throw usageError(
      "wait for what? Give --for=condition=Ready, --for=delete, --for=create or --for=jsonpath={…}=…",
    );
  const [word] = text.split("=", 1);
  const rest = text.slice(word!.length + 1);
  if (word === "delete" && !rest) return deletion;
  if (word === "create" && !rest) return creation;
  if (word === "condition" && rest) return conditionGoal(rest);
  if (word === "jsonpath" && rest) return jsonpathGoal(rest);
  throw usageError(
    `--for is condition=NAME[=VALUE], jsonpath={PATH}[=VALUE], delete or create, not "${text}"`,
  );
}

const deletion: Goal = {
  type: "delete",
  description: "deletion",
  met: "deleted",
  isMet: (object) => object === undefined,
  reason: (object) =>
    object?.metadata.deletionTimestamp
      ? `it is being deleted; held by ${object.metadata.finalizers?.join(", ") ?? "nobody"}`
      : "nobody has deleted it",
};

const creation: Goal = {
  type: "create",
  description: "creation",
  met: "condition met",
  isMet: (object) => object !== undefined,
  reason: () => "it does not exist",
};

function conditionGoal(text: string): Goal {
  const [name = "", value = "True"] = text.split("=");
  const find = (object: KubeObject | undefined) =>
    statusOf(object).conditions?.find(({ type }) => type.toLowerCase() === name.toLowerCase());
  return {
    type: "condition",
    description: `the condition ${name}${value === "True" ? "" : `=${value}`}`,
    met: "condition met",
    isMet: (object) => {
      const condition = find(object);
      return isCurrent(object, condition) && condition?.status.toLowerCase() === value.toLowerCase();
    },
    reason: (object) => {
      if (!object) return "it does not exist";
      const condition = find(object);
      if (!condition) return `it has no condition ${name} yet`;
      if (!isCurrent(object, condition)) return "its newest spec has not been looked at yet";
      return [`${condition.type} is ${condition.status} (${condition.reason})`, condition.message]
        .filter(Boolean)
        .join(": ");
    },
  };
}

interface Described {
  conditions?: Condition[];
  observedGeneration?: number;
}

const statusOf = (object: KubeObject | undefined): Described => object?.status ?? {};

/** A condition that describes an earlier spec says nothing about this one. */
function isCurrent(object: KubeObject | undefined, condition: Condition | undefined): boolean {
  const observed = condition?.observedGeneration ?? statusOf(object).observedGeneration ?? Infinity;
  return object !== undefined && observed >= (object.metadata.generation ?? 0);
}

function jsonpathGoal(text: string): Goal {
  const [, path, value] = /^(\{.*?\})(?:=(.*))?$/s.exec(text) ?? /^([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
  if (!path) throw usageError(`--for=jsonpath needs a path: jsonpath='{.status.state}'=Running`);
  const wanted = value?.replace(/^(["'])(.*)\1$/s, "$2");
  const [part] = parseTemplate(path.startsWith("{") ? path : `{${path}}`);
  if (part?.type !== "path") throw usageError(`--for=jsonpath: "${path}" is no path`);
  const valuesOf = (object: KubeObject | undefined) => (object ? valuesAt(part.steps, object) : []);
  return {
    type: "jsonpath",
    description: `${path}${wanted === undefined ? "" : ` to be ${wanted}`}`,
    met: "condition met",
    isMet: (object) => {
      const values = valuesOf(object).map(textOf);
      return wanted === undefined ? values.some((text) => text !== "") : values.includes(wanted);
    },
    reason: (object) => {
      if (!object) return "it does not exist";
      const values = valuesOf(object);
      return values.length ? `it is ${values.map(textOf).join(" ")}` : "there is no such field yet";
    },
  };
}
