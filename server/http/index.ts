export type { HttpLog, LogSource } from "./context.ts";
export { writeKubeconfig } from "./kubeconfig.ts";
export { createHttpServer, type HttpServer, type HttpServerOptions } from "./server.ts";
export { ensureCertificate } from "./tls.ts";
export { ensureToken } from "./token.ts";
