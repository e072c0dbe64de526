import { expect } from "vitest";
import { Event } from "../../../../apis/core/index.ts";
import { FileWatch } from "../../../../apis/v1alpha1/index.ts";
import { type Trace, TRACE_ANNOTATION, TRACED } from "../../../../controllers/trace/index.ts";
import { type Loop, test, WAIT } from "./fixture.ts";

async function traces(loop: Loop): Promise<Trace[]> {
  const { items } = await loop.client.list(Event);
  return items
    .filter(({ reason, involvedObject }) => reason === TRACED && involvedObject.kind === "CFAppSync")
    .map(({ metadata }) => JSON.parse(metadata.annotations![TRACE_ANNOTATION]!) as Trace);
}

const stepsOf = ({ steps }: Trace) => steps.map(({ name }) => name).filter((name) => name !== "queue");

test("a save is one trace, from the file to the app that is ready, and is found by the id of its file event", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one" });
  await loop.create();
  await loop.synced();
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => traces(loop), WAIT).toHaveLength(1);
  const [trace] = (await traces(loop)) as [Trace];
  expect(trace).toMatchObject({ object: "CFAppSync/web", type: "FileChange", outcome: "ready" });
  expect(stepsOf(trace)).toEqual(["save", "debounce", "scan", "send", "apply", "restart", "ready"]);
  const watch = await loop.client.get(FileWatch, { namespace: "default", name: "web-cf-watch" });
  expect(watch!.status!.events!.at(-1)!.traceparent).toContain(trace.traceId);
  const [save, ...steps] = trace.steps;
  const times = steps.flatMap(({ startTime, endTime }) => [startTime, endTime!]);
  expect(times).toEqual(times.toSorted());
  expect(steps.every(({ parentId }) => parentId === save!.spanId)).toBe(true);
  expect(save!.startTime <= times[0]!).toBe(true);
  expect([save!.endTime, trace.endTime]).toEqual([times.at(-1), times.at(-1)]);
  expect(trace.endTime).toBe((await loop.status()).lastSync!.finishTime);
});

test("a save that the app does not survive is a trace that has failed, with how it ended", async ({
  loop,
}) => {
  const good = "echo started with good; exec sleep 1000";
  await loop.pushed({ "run.sh": good }, { command: "sh run.sh" });
  await loop.write({ "run.sh": good });
  await loop.create();
  await loop.synced();
  await loop.write({ "run.sh": "echo started with bad; exit 3" });
  await expect.poll(() => traces(loop), WAIT).toHaveLength(1);
  const [trace] = (await traces(loop)) as [Trace];
  expect(trace.outcome).toBe("failed");
  expect(trace.steps.at(-1)!.error).toContain("exit code 3");
});

test("a change that needs a full deploy is a trace of its steps", async ({ loop }) => {
  await loop.write({ Procfile: "web: sleep 1000" });
  await loop.create();
  await loop.synced();
  await loop.write({ Procfile: "web: sleep 2000" });
  await expect.poll(() => traces(loop), { ...WAIT, timeout: 40_000 }).toHaveLength(1);
  const [trace] = (await traces(loop)) as [Trace];
  expect(trace).toMatchObject({ type: "FileChange", outcome: "done" });
  expect(stepsOf(trace)).toEqual(expect.arrayContaining(["save", "staging", "starting"]));
});
