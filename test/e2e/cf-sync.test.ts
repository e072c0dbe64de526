import { Agent, request } from "node:https";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BINARY } from "../helpers/session.ts";
import { Example } from "./example.ts";

const LONG = { timeout: 90_000, interval: 300 };

interface Sync {
  status: { app?: { routes?: string[] }; revision?: { remote?: { number?: number } }; lastDeploy?: object };
}

beforeEach(() => void (process.env["TILTISH"] = `${process.execPath} ${BINARY}`));
afterEach(() => void delete process.env["TILTISH"]);

/** The certificate of the foundation is one that it has made itself. */
const answer = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const ask = request(url, { agent: new Agent({ rejectUnauthorized: false }) }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve(text));
    });
    ask.on("error", reject);
    ask.end();
  });

test("the cf-sync example deploys its app, and a save is live on it without another deploy", async () => {
  const example = await Example.open("cf-sync");
  const promised = await example.promised();
  expect(Object.keys(promised)).toContain("cfs/web");
  await expect.poll(() => example.states(Object.keys(promised)), LONG).toEqual(promised);
  const web = () => example.session.get<Sync>("cfs", "web");
  const { status } = (await web())!;
  const url = `https://${status.app!.routes![0]}/`;
  await expect.poll(() => answer(url).catch(String), LONG).toBe("Hello from Cloud Foundry\n");

  await example.replace("src/server.mjs", "Hello from Cloud Foundry", "Saved");
  await expect.poll(() => answer(url).catch(String), LONG).toBe("Saved\n");
  const after = (await web())!.status;
  expect(after.lastDeploy).toEqual(status.lastDeploy);
  await example.end("SIGINT");
  expect(await example.processes()).toEqual([]);
});
