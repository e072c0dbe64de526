import type { FastifyInstance } from "fastify";
import type { App } from "../app.ts";
import { notFound, unprocessable } from "../errors.ts";
import { matches, page, type Query } from "../page.ts";
import type { Platform } from "../platform.ts";
import { appView, dropletView, routeView } from "../present.ts";

const paramsOf = (request: { params: unknown }): Query => request.params as Query;

/** Apps: to find, to make, to start and to end. */
export function appRoutes(http: FastifyInstance, platform: Platform): void {
  const appOf = (request: { params: unknown }): App => platform.app(paramsOf(request)["guid"]!);
  http.get("/v3/apps", ({ query }) => {
    const asked = query as Query;
    const found = platform.apps.filter(
      ({ guid, name, spaceGuid }) =>
        matches(asked, "names", name) &&
        matches(asked, "guids", guid) &&
        matches(asked, "space_guids", spaceGuid),
    );
    return page("/v3/apps", found.map(appView), asked);
  });
  http.post("/v3/apps", (request, reply) => {
    const body = request.body as CreateApp;
    const space = body.relationships?.space?.data?.guid;
    if (!body.name || !space) throw unprocessable("Name and relationships.space are required");
    const app = platform.createApp(body.name, space);
    app.buildpacks = body.lifecycle?.data?.buildpacks ?? [];
    app.environment = body.environment_variables ?? {};
    return reply.code(201).send(appView(app));
  });
  http.get("/v3/apps/:guid", (request) => appView(appOf(request)));
  http.patch("/v3/apps/:guid", (request) => {
    const app = appOf(request);
    const { lifecycle, metadata } = request.body as CreateApp;
    if (lifecycle?.data?.buildpacks) app.buildpacks = lifecycle.data.buildpacks;
    if (metadata) app.metadata = { ...app.metadata, ...metadata };
    return appView(app);
  });
  http.delete("/v3/apps/:guid", (request, reply) => {
    const app = appOf(request);
    const { guid } = platform.startJob("app.delete", () => platform.deleteApp(app));
    return reply.code(202).header("location", `/v3/jobs/${guid}`).send();
  });
  http.post("/v3/apps/:guid/actions/:action", (request) => act(appOf(request), paramsOf(request)["action"]!));
}

async function act(app: App, action: string): Promise<object> {
  if (!["start", "stop", "restart"].includes(action)) throw notFound("Action");
  if (action !== "start") await app.stop();
  if (action !== "stop") await app.start();
  return appView(app);
}

interface CreateApp {
  name?: string;
  relationships?: { space?: { data?: { guid?: string } } };
  lifecycle?: { data?: { buildpacks?: string[] } };
  environment_variables?: Record<string, string>;
  metadata?: object;
}

/** What else can be known of an app. */
export function appDetailRoutes(http: FastifyInstance, platform: Platform): void {
  const appOf = (request: { params: unknown }): App => platform.app(paramsOf(request)["guid"]!);
  http.get("/v3/apps/:guid/routes", (request) => {
    const app = appOf(request);
    const views = app.routes.map((route) => routeView(app, route));
    return page(`/v3/apps/${app.guid}/routes`, views, request.query as Query);
  });
  http.get("/v3/routes", ({ query }) => {
    const asked = query as Query;
    const wanted = platform.apps.filter(({ guid }) => matches(asked, "app_guids", guid));
    return page(
      "/v3/routes",
      wanted.flatMap((app) => app.routes.map((route) => routeView(app, route))),
      asked,
    );
  });
  http.get("/v3/apps/:guid/droplets/current", (request) => {
    const { droplet } = appOf(request);
    if (!droplet) throw notFound("Droplet");
    return dropletView(droplet);
  });
  http.get("/v3/apps/:guid/ssh_enabled", (request) => {
    const { isSshEnabled } = appOf(request);
    if (!platform.isSshEnabled) return { enabled: false, reason: "Disabled globally" };
    return { enabled: isSshEnabled, reason: isSshEnabled ? "" : "Disabled for app" };
  });
  http.get("/v3/apps/:guid/features", (request) =>
    page(request.url, [sshFeature(appOf(request))], request.query as Query),
  );
  http.get("/v3/apps/:guid/features/ssh", (request) => sshFeature(appOf(request)));
  http.patch("/v3/apps/:guid/features/ssh", (request) => {
    const app = appOf(request);
    app.isSshEnabled = (request.body as { enabled?: boolean }).enabled === true;
    return sshFeature(app);
  });
  http.get("/v3/apps/:guid/environment_variables", (request) => ({ var: appOf(request).environment }));
  http.patch("/v3/apps/:guid/environment_variables", (request) => {
    const app = appOf(request);
    app.environment = { ...app.environment, ...(request.body as { var?: Record<string, string> }).var };
    return { var: app.environment };
  });
  http.get("/v3/apps/:guid/env", (request) => ({
    environment_variables: appOf(request).environment,
    staging_env_json: {},
    running_env_json: {},
    system_env_json: { VCAP_SERVICES: {} },
    application_env_json: {},
  }));
}

const sshFeature = ({ isSshEnabled }: App): object => ({
  name: "ssh",
  description: "Enable SSHing into the app.",
  enabled: isSshEnabled,
});
