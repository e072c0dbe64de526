import { randomBytes } from "node:crypto";
import type { TestProject } from "vitest/node";
import { type Access, Api, type Json } from "./client.ts";
import { well } from "./collection.ts";
import { isForeign, openServer } from "./server.ts";
import { CRD_NAME, CRD_PATH, WIDGETS_CRD, WIDGETS_ROOT } from "./widgets.ts";

/** What the tests are told of the server. */
export interface Provided {
  access: Access;
  /** Whether it is tiltish. */
  isTiltish: boolean;
  /** Name and version, for people. */
  server: string;
  /** Whether it was started for the suite. */
  isOurs: boolean;
  /** A token with which one may only read. */
  readOnlyToken?: string | undefined;
  /** Label of the namespaces of this run. */
  run: string;
  /** Why there are no custom resources, if there are none. */
  problem?: string | undefined;
}

declare module "vitest" {
  interface ProvidedContext {
    conformance: Provided;
  }
}

export const RUN_LABEL = "conformance.example.com/run";

/** One server for the whole suite, with a kind of its own; both are gone afterwards. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await openServer();
  const api = new Api(server.access);
  const run = randomBytes(4).toString("hex");
  try {
    const problem = await serveWidgets(api);
    const { gitVersion } = well(await api.ask("/version"), 200) as { gitVersion: string };
    const isTiltish = gitVersion.includes("tiltish");
    const name = isTiltish ? "tiltish" : "a Kubernetes API server";
    const { access, readOnlyToken } = server;
    const isOurs = !isForeign();
    const known = { access, readOnlyToken, isTiltish, isOurs, run, problem };
    project.provide("conformance", { ...known, server: `${name} ${gitVersion}` });
  } catch (error) {
    await server.close();
    throw error;
  }
  return async () => {
    await cleanUp(api, run)
      .finally(() => api.close())
      .finally(() => server.close());
  };
}

/** Says what is in the way, if anything is: then what needs no custom resources is tested all the same. */
async function serveWidgets(api: Api): Promise<string | undefined> {
  const created = await api.ask(CRD_PATH, { method: "POST", body: WIDGETS_CRD });
  const isThere = created.status === 201 || created.status === 409;
  // A kind is served a moment after it is defined.
  for (let tries = isThere ? 200 : 1; tries > 0; tries--) {
    if ((await api.ask(`${WIDGETS_ROOT}/widgets`)).status === 200) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return isThere ? "widgets are not served" : `${CRD_NAME} cannot be created: ${created.text}`;
}

async function cleanUp(api: Api, run: string): Promise<void> {
  const { json } = await api.ask(`/api/v1/namespaces?labelSelector=${RUN_LABEL}%3D${run}`);
  for (const { metadata } of (json as { items: Json[] }).items) {
    await api.ask(`/api/v1/namespaces/${metadata.name as string}`, { method: "DELETE" });
  }
  await api.ask(`${CRD_PATH}/${CRD_NAME}`, { method: "DELETE" });
}
