import { createServer, type RequestListener } from "node:http";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { dispatch } from "../routes/index.ts";
import type { Services } from "./context.ts";
import { answerWith, methodNotAllowed, statusErrorOf, unknownPath } from "./errors.ts";
import { auditIdOf, commonHeaders } from "./headers.ts";

export type ExtraRoutes = (app: FastifyInstance) => void | Promise<void>;

/** The application, and what answers the requests of any number of listeners with it. */
export interface App {
  readonly listener: RequestListener;
  close(): Promise<void>;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * One route for everything: which kinds there are is asked on every request, because they come and go while the
 * server runs.
 */
export async function createApp(services: Services, extraRoutes?: ExtraRoutes): Promise<App> {
  let listener: RequestListener | undefined;
  const app = fastify({
    logger: false,
    bodyLimit: services.limits.maxBodyBytes,
    trustProxy: false,
    routerOptions: { maxParamLength: 4096 },
    exposeHeadRoutes: false,
    return503OnClosing: true,
    requestTimeout: services.limits.requestTimeoutMs,
    genReqId: auditIdOf,
    // Never listens: it only hands out the function that our own listeners call.
    serverFactory: (handler) => createServer((listener = handler)),
    frameworkErrors: (error, request, reply) => answerError(services, error, request, reply),
  });
  app.removeAllContentTypeParsers();
  // Which media types are taken depends on what the path names, so routes read bodies when they know.
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.setErrorHandler((error, request, reply) => answerError(services, error, request, reply));
  app.setNotFoundHandler((request, reply) => answerError(services, notRouted(request), request, reply));
  app.addHook("onRequest", (request, reply, next) => {
    reply.headers(commonHeaders(request.id));
    next();
  });
  await extraRoutes?.(app);
  app.route({
    method: METHODS,
    url: "/*",
    handler: (request, reply) => dispatch(services, request, reply),
  });
  await app.ready();
  return { listener: withoutEmptyType(listener!), close: async () => app.close() };
}

/** Rule 28: an empty type is none. The framework takes it for a mistake. */
const withoutEmptyType =
  (listener: RequestListener): RequestListener =>
  (request, response) => {
    if (request.headers["content-type"] === "") delete request.headers["content-type"];
    listener(request, response);
  };

/** Methods that no path has. */
const notRouted = ({ method }: FastifyRequest) =>
  METHODS.includes(method) ? unknownPath() : methodNotAllowed(method);

// oxlint-disable-next-line eslint/max-params -- the three of Fastify, and what it must not know of
function answerError(
  services: Services,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  // The framework finds no route for a method that it does not know.
  const error = METHODS.includes(request.method) ? statusErrorOf(thrown) : methodNotAllowed(request.method);
  if (error.code >= 500 && error !== thrown) {
    services.log.error({ err: thrown, method: request.method, auditId: request.id }, "a request failed");
  }
  const { headers, body } = answerWith(request.raw, error);
  void reply.code(error.code).headers(headers).send(body);
}
