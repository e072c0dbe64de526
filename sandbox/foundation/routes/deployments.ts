import type { FastifyInstance } from "fastify";
import { Deployment } from "../deployments.ts";
import { notFound, unprocessable } from "../errors.ts";
import { applyManifest, readManifest } from "../manifest.ts";
import { matches, page, type Query } from "../page.ts";
import type { Platform } from "../platform.ts";
import { prune } from "../prune.ts";

/** Those that are over are known for a while. */
const MAX_DEPLOYMENTS = 100;

interface CreateDeployment {
  droplet?: { guid?: string };
  strategy?: string;
  relationships?: { app?: { data?: { guid?: string } } };
}

/** Deployments, which replace instances while others serve. */
export function deploymentRoutes(http: FastifyInstance, platform: Platform): void {
  const { deployments } = platform;
  http.post("/v3/deployments", (request, reply) => {
    const { droplet, strategy = "rolling", relationships } = request.body as CreateDeployment;
    const app = platform.app(relationships?.app?.data?.guid ?? "");
    if (strategy !== "rolling" && strategy !== "canary") throw unprocessable("Strategy is not known");
    const staged = droplet?.guid ? platform.packages.droplet(droplet.guid) : app.droplet;
    if (!staged) throw unprocessable("Invalid deployment. The app has no droplet.");
    if (app.state === "STOPPED") app.state = "STARTED";
    for (const other of deployments.values()) if (other.app === app) other.cancel();
    const made = new Deployment(app, staged, strategy);
    deployments.set(made.guid, made);
    prune(deployments, MAX_DEPLOYMENTS);
    return reply.code(201).send(view(made));
  });
  const found = (request: { params: unknown }): Deployment => {
    const one = deployments.get((request.params as Query)["guid"]!);
    if (!one) throw notFound("Deployment");
    return one;
  };
  http.get("/v3/deployments", ({ query }) => {
    const asked = query as Query;
    const all = [...deployments.values()].filter(
      (one) => matches(asked, "app_guids", one.app.guid) && matches(asked, "status_values", statusOf(one)),
    );
    return page("/v3/deployments", all.toReversed().map(view), asked);
  });
  http.get("/v3/deployments/:guid", (request) => view(found(request)));
  http.post("/v3/deployments/:guid/actions/cancel", (request) => {
    found(request).cancel();
    return {};
  });
  http.post("/v3/deployments/:guid/actions/continue", (request) => {
    const one = found(request);
    if (one.reason !== "PAUSED") throw unprocessable("Cannot continue a deployment that is not paused");
    one.continue();
    return {};
  });
}

/** Manifests are applied in the background. */
export function manifestRoutes(http: FastifyInstance, platform: Platform): void {
  http.post("/v3/spaces/:guid/actions/apply_manifest", (request, reply) => {
    const { guid } = request.params as { guid: string };
    if (guid !== platform.space.guid) throw notFound("Space");
    const apps = readManifest(typeof request.body === "string" ? request.body : "");
    const job = platform.startJob("space.apply_manifest", () => applyManifest(platform, guid, apps));
    return reply.code(202).header("location", `${platform.url}/v3/jobs/${job.guid}`).send();
  });
  http.post("/v3/spaces/:guid/manifest_diff", (_request, reply) => reply.code(201).send({ diff: [] }));
}

const statusOf = ({ isActive }: Deployment): string => (isActive ? "ACTIVE" : "FINALIZED");

const view = (one: Deployment): object => ({
  guid: one.guid,
  state: one.isActive ? "DEPLOYING" : one.reason,
  status: {
    value: statusOf(one),
    reason: one.reason,
    details: { last_healthy_at: one.createdAt, last_status_change: one.createdAt, error: one.error },
  },
  strategy: one.strategy,
  options: { max_in_flight: 1 },
  droplet: { guid: one.droplet.guid },
  previous_droplet: { guid: one.former?.guid ?? null },
  new_processes: [],
  created_at: one.createdAt,
  updated_at: one.createdAt,
  metadata: { labels: {}, annotations: {} },
  relationships: { app: { data: { guid: one.app.guid } } },
  links: {},
});
