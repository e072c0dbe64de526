import type { FastifyReply, FastifyRequest } from "fastify";
import { badRequest, StatusError } from "../../apis/errors.ts";
import { isReadOnly, type Kind } from "../../apis/kind.ts";
import { assertAllowed, FULL, resourceAttributesOf } from "../auth/index.ts";
import type { RequestContext, ResourceContext, Services } from "../http/context.ts";
import { methodNotAllowed, unknownPath } from "../http/errors.ts";
import { identityOf } from "../http/guard.ts";
import { resourcePathOf, type ResourcePath } from "../http/requestinfo.ts";
import { readOnly } from "../registry/index.ts";
import { createRoute } from "./create.ts";
import { deleteRoute } from "./delete.ts";
import { deleteCollectionRoute } from "./deletecollection.ts";
import { discoveryRoute } from "./discovery.ts";
import { getRoute } from "./get.ts";
import { healthRoute } from "./health.ts";
import { listRoute } from "./list.ts";
import { logRoute } from "./log.ts";
import { openApiRoute } from "./openapi.ts";
import { booleanOf } from "./options.ts";
import { patchRoute } from "./patch.ts";
import { warn } from "./respond.ts";
import { reviewRoute } from "./reviews.ts";
import { getScaleRoute, patchScaleRoute, updateScaleRoute } from "./scale.ts";
import { triggerRoute } from "./trigger.ts";
import { updateRoute } from "./update.ts";
import { versionRoute } from "./version.ts";
import { watchByPath, watchRoute } from "./watch.ts";

type Route = (context: ResourceContext) => Promise<void> | void;

/** Finds the route of a request, by its path and its method. */
export async function dispatch(services: Services, request: FastifyRequest, reply: FastifyReply) {
  const { url } = request.raw;
  const at = url!.indexOf("?");
  const path = at < 0 ? url! : url!.slice(0, at);
  const query = new URLSearchParams(at < 0 ? "" : url!.slice(at + 1));
  const identity = identityOf(request.raw);
  const context: RequestContext = { ...services, request, reply, path, query, identity };
  const resource = resourcePathOf(path);
  await (resource ? answerAbout(context, resource) : answerDocument(context));
  // Whatever answers by itself has hijacked the reply.
  return reply;
}

type DocumentRoute = (context: RequestContext) => Promise<void> | void;

/** Paths that are about the server as a whole. */
function answerDocument(context: RequestContext): Promise<void> | void {
  const { method } = context.request;
  if (method !== "GET" && method !== "HEAD") throw methodNotAllowed(method);
  return documentRoute(context.path)(context);
}

function documentRoute(path: string): DocumentRoute {
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return healthRoute;
  if (/^\/version\/?$/.test(path)) return versionRoute;
  return path.startsWith("/openapi/") ? openApiRoute : discoveryRoute;
}

function answerAbout(context: RequestContext, resource: ResourcePath): Promise<void> | void {
  assertMeant(context, resource);
  const review = reviewRoute(context, resource);
  if (review) return review();
  const { group, version, plural } = resource;
  const kind = context.registry.kinds.find(group, version, plural);
  if (!kind || (!kind.namespaced && resource.namespace)) throw unknownPath();
  const found = { ...context, kind, resource };
  const route = resource.isWatch ? watchByPath : routeOf(found);
  if (kind.custom?.deprecationWarning) warn(context, [kind.custom.deprecationWarning]);
  return route(found);
}

/** That what is done is what the guard took the request for is not left to two readings of one path being the same. */
function assertMeant({ identity, query, request }: RequestContext, resource: ResourcePath): void {
  if (identity !== FULL) assertAllowed(identity, resourceAttributesOf(request.method, resource, query));
}

function routeOf(context: ResourceContext): Route {
  const { subresource, name } = context.resource;
  const routes = subresource ? subresourceRoutes(context) : name ? OBJECT_ROUTES : collectionRoutes(context);
  const method = context.request.method;
  const asked = method === "HEAD" && !context.kind.builtIn ? "GET" : method;
  const route = Object.hasOwn(routes, asked) ? routes[asked] : undefined;
  if (WRITES.has(method) && isReadOnly(context.kind)) throw readOnly(context.kind);
  if (!route) throw methodNotAllowed(method);
  return route;
}

const WRITES = new Set(["POST", "PUT", "PATCH", "DELETE"]);

type Routes = Readonly<Record<string, Route>>;

const OBJECT_ROUTES: Routes = {
  GET: getRoute,
  PUT: updateRoute,
  PATCH: patchRoute,
  DELETE: deleteRoute,
};

const STATUS_ROUTES: Routes = { GET: getRoute, PUT: updateRoute, PATCH: patchRoute };
const SCALE_ROUTES: Routes = { GET: getScaleRoute, PUT: updateScaleRoute, PATCH: patchScaleRoute };

function subresourceRoutes({ kind, resource: { subresource }, logSource }: ResourceContext): Routes {
  if (subresource === "status" && kind.subresources.status) return STATUS_ROUTES;
  if (subresource === "finalize" && kind.subresources.finalize) return { PUT: updateRoute };
  if (subresource === "scale" && kind.subresources.scale) return SCALE_ROUTES;
  if (subresource === "log" && kind.subresources.log && logSource) return { GET: logRoute };
  if (subresource === "trigger" && kind.subresources.trigger) return { POST: triggerRoute };
  throw missingSubresource(kind, subresource) ?? unknownPath();
}

/** Clients that know a kind from elsewhere ask for more than there is of it here. */
function missingSubresource({ subresources: { missing = {} } }: Kind, name: string): StatusError | undefined {
  if (!Object.hasOwn(missing, name)) return undefined;
  return new StatusError(405, "MethodNotAllowed", missing[name]!);
}

function collectionRoutes(context: ResourceContext): Routes {
  const { kind, query, resource, request } = context;
  const wantsWatch = request.method === "GET" && booleanOf(query, "watch") === true;
  if (wantsWatch && !kind.verbs.includes("watch"))
    throw new StatusError(
      405,
      "MethodNotAllowed",
      `${kind.plural}.${kind.group} can be listed, and not watched`,
    );
  const reads: Routes = { GET: wantsWatch ? watchRoute : listRoute };
  // There is no creating and no deleting in all namespaces at once.
  const isEverywhere = kind.namespaced && !resource.namespace;
  if (isEverywhere) return reads;
  return {
    ...reads,
    POST: createRoute,
    ...(kind.verbs.includes("deletecollection") && { DELETE: deleteCollectionRoute }),
    ...(!kind.builtIn && { PUT: refuseNameless, PATCH: refuseNameless }),
  };
}

/** What custom resources answer (rule 30). */
function refuseNameless(): never {
  throw badRequest("name must be provided");
}
