import { produce } from "immer";
import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../../apis/meta.ts";
import { TRIGGER_ANNOTATION } from "../../../../apis/meta.ts";
import type { LocalProcessSpec } from "../../../../apis/v1alpha1/index.ts";
import { nowMicro, triggerValueOf } from "../../../../controllers/runtime/index.ts";
import { probeOf, specOf } from "../engine.ts";
import type { Command, Scenario, SpecChange } from "./commands.ts";
import { Expectation } from "./expectation.ts";
import { SimWorld } from "./world.ts";

/** What each start was to run. */
export interface Played {
  world: SimWorld;
  expected: Expectation;
}

/** Longer than any backoff, grace, delay or probe of a scenario, one after the other. */
const LONG_MS = 200_000;

/** Lets people and the world do what the scenario says, and then lets all come to rest. */
export async function play({ initialRun, behaviours, commands }: Scenario): Promise<Played> {
  const world = new SimWorld();
  const expected = new Expectation();
  world.kernel.behaviours = [...behaviours];
  await world.start();
  const all = [{ command: { does: "create" as const, initialRun }, isRushed: false }, ...commands];
  for (const { command, isRushed } of all) {
    if (!isIdle(world, command)) expected.note(command, world.kernel.attempts);
    await perform(world, command);
    if (isRushed) continue;
    await world.settle();
    if (world.isSettled && !world.isCrashPending) expected.seen();
  }
  world.crashAfter(Infinity);
  // From now on programs behave, so that there is an end.
  world.kernel.behaviours = [];
  world.api.edit((draft) => delete specIn(draft).timeout);
  await world.advance(LONG_MS);
  return { world, expected };
}

/** A change to what is there already, or what is refused. */
function isIdle({ api }: SimWorld, command: Command): boolean {
  if (command.does === "create") return api.object !== undefined;
  if (command.does !== "spec" || !api.object) return false;
  const after = produce(api.object, (draft) => change(specIn(draft), command.change));
  return isDeepStrictEqual(after["spec"], api.object["spec"]);
}

async function perform(world: SimWorld, command: Command): Promise<void> {
  const { api, clock, kernel } = world;
  clock.nowMs += 1; // nobody does two things in one millisecond
  switch (command.does) {
    case "create":
      if (!api.object) api.create(firstSpec(command.initialRun));
      return;
    case "delete":
      return api.delete();
    case "purge":
      api.edit(({ metadata }) => delete metadata.finalizers);
      return api.delete();
    case "disable":
    case "enable":
      return api.edit((draft) => void (specIn(draft).disabled = command.does === "disable"));
    case "spec":
      return api.edit((draft) => change(specIn(draft), command.change));
    case "ask":
      return ask(world, command);
    case "exit":
    case "kill": {
      const leader = kernel.alive.find(({ child }) => child);
      const how = "code" in command ? { code: command.code } : { signal: "SIGKILL" };
      return leader && kernel.die(leader, how);
    }
    case "crash":
      return world.crash();
    case "crashAfter":
      return world.crashAfter(command.calls);
    case "wait":
      return world.advance(command.ms);
  }
}

function ask({ api }: SimWorld, { type, input }: Extract<Command, { does: "ask" }>): void {
  const inputs = input === undefined ? {} : { inputs: { INPUT: input } };
  api.edit(({ metadata }) => {
    metadata.annotations = { [TRIGGER_ANNOTATION]: triggerValueOf({ type, time: nowMicro(), ...inputs }) };
  });
}

const firstSpec = (initialRun: boolean): LocalProcessSpec => ({
  ...specOf({ argv: ["a"], env: { V: "1" }, inheritEnv: false, initialRun }),
  backoff: { initial: "500ms", max: "2s", resetAfter: "60s" },
});

const specIn = (object: KubeObject): LocalProcessSpec => object["spec"] as LocalProcessSpec;

function change(spec: LocalProcessSpec, wanted: SpecChange): void {
  const { argv, env, startupProbe, livenessProbe, restartPolicy, maxRestarts, grace, timeout } = wanted;
  const probe = probeOf({ logLine: { pattern: "up" }, periodSeconds: 5, failureThreshold: 2 });
  if (argv !== undefined) spec.argv = [argv];
  if (env !== undefined) spec.env = { V: env };
  if (startupProbe) spec.startupProbe = probe;
  if (livenessProbe) spec.livenessProbe = probe;
  if (startupProbe === false) delete spec.startupProbe;
  if (livenessProbe === false) delete spec.livenessProbe;
  if (restartPolicy !== undefined) spec.restartPolicy = restartPolicy;
  if (maxRestarts !== undefined) spec.maxRestarts = maxRestarts;
  if (grace !== undefined) spec.stop.gracePeriodSeconds = grace;
  if (timeout !== undefined) spec.timeout = timeout;
}
