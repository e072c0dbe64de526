export type { ExtraRoutes } from "./app.ts";
export type { HttpLog, LogSource } from "./context.ts";
export { writeKubeconfig } from "./kubeconfig.ts";
export { createHttpServer, type HttpServer, type HttpServerOptions, type ListenOptions } from "./server.ts";
export { ensureCertificate, type Certificate } from "./tls.ts";
export { ensureToken } from "./token.ts";
