import type { FastifyInstance } from "fastify";
import { notFound } from "../errors.ts";
import { type Query, matches, page } from "../page.ts";
import type { Platform } from "../platform.ts";
import { organizationView, spaceView } from "../present.ts";

/** There is one organization, with one space, and everybody may do everything there. */
export function spaceRoutes(app: FastifyInstance, platform: Platform): void {
  const { organization, space } = platform;
  app.get("/v3/organizations", ({ query }) => {
    const isMeant = isAskedFor(query as Query, organization);
    return page("/v3/organizations", isMeant ? [organizationView(platform)] : [], query as Query);
  });
  app.get("/v3/organizations/:guid", ({ params }) => {
    if ((params as Query)["guid"] !== organization.guid) throw notFound("Organization");
    return organizationView(platform);
  });
  app.get("/v3/organizations/:guid/domains/default", () => domainOf(platform));
  app.get("/v3/domains", ({ query }) => page("/v3/domains", [domainOf(platform)], query as Query));
  app.get("/v3/spaces", ({ query }) => {
    const asked = query as Query;
    const isMeant = isAskedFor(asked, space) && matches(asked, "organization_guids", organization.guid);
    return page("/v3/spaces", isMeant ? [spaceView(platform)] : [], asked);
  });
  app.get("/v3/spaces/:guid", ({ params }) => {
    if ((params as Query)["guid"] !== space.guid) throw notFound("Space");
    return spaceView(platform);
  });
  app.get("/v3/spaces/:guid/features/:name", ({ params }) => ({
    name: (params as Query)["name"],
    description: "",
    enabled: true,
  }));
}

const isAskedFor = (query: Query, { guid, name }: { guid: string; name: string }): boolean =>
  matches(query, "names", name) && matches(query, "guids", guid);

const domainOf = ({ domain }: Platform): object => ({
  guid: "domain",
  name: domain,
  internal: false,
  router_group: null,
  supported_protocols: ["http"],
  metadata: { labels: {}, annotations: {} },
  relationships: { organization: { data: null }, shared_organizations: { data: [] } },
  links: {},
});
