import type { LocalProcess } from "../../../../apis/v1alpha1/index.ts";
import type { Played } from "./play.ts";

/** What is wrong in the end; empty if all is right. */
export function problemsOf({ world, expected }: Played): string[] {
  const { kernel, disk, object } = world;
  const leaders = kernel.alive.filter(({ child }) => child);
  const records = disk.names.filter((name) => name.startsWith("/state/processes/"));
  const problems = [...kernel.violations];
  const check = (isRight: boolean, message: string) => isRight || problems.push(message);
  check(leaders.length <= 1, `${leaders.length} copies run`);
  check(records.length === leaders.length, `${records.length} records of ${leaders.length} processes`);
  const { state, pid } = object?.status ?? {};
  check((state === "Running") === (leaders.length === 1), `state ${state}, ${leaders.length} run`);
  check(state !== "Running" || pid === leaders[0]?.pid, `pid ${pid}, but ${leaders[0]?.pid} runs`);
  check(leaders.length > 0 || kernel.alive.length === 0, "something is left behind");
  const states = statesFor(expected.wish, object);
  check(states.includes(state), `wish ${expected.wish}: state ${state}, not ${states.join(" or ")}`);
  if (expected.wish === "run" && object) problems.push(...runProblems({ world, expected }, object));
  return problems;
}

/** The last run is of what the spec says now, and nobody's request was lost. */
function runProblems({ world, expected }: Played, { spec }: LocalProcess): string[] {
  const { attempts, lastAttempt } = world.kernel;
  const problems: string[] = [];
  if (attempts < expected.attempts) problems.push(`a request was lost: ${attempts} starts`);
  if (!lastAttempt) return [...problems, "it was never started"];
  const { argv, env } = lastAttempt;
  if (argv[0] !== spec.argv[0]) problems.push(`it runs ${argv[0]}, not ${spec.argv[0]}`);
  if (env["V"] !== spec.env?.["V"]) problems.push(`V is ${env["V"]}, not ${spec.env?.["V"]}`);
  if (expected.input && env["INPUT"] !== expected.input.value)
    problems.push(`INPUT is ${env["INPUT"]}, not ${expected.input.value}`);
  return problems;
}

type States = (string | undefined)[];

function statesFor(wish: Played["expected"]["wish"], object: LocalProcess | undefined): States {
  if (wish === "gone") return [undefined];
  if (wish === "disabled") return ["Disabled", undefined];
  if (wish === "rest") return ["Waiting", "Succeeded"];
  if (wish === "either") return ["Running", "Waiting", "Succeeded", "Failed"];
  const { restartPolicy = "Never", maxRestarts } = object!.spec;
  if (maxRestarts !== undefined || restartPolicy === "Never") return ["Running", "Succeeded", "Failed"];
  return restartPolicy === "Always" ? ["Running"] : ["Running", "Succeeded"];
}
