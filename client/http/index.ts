export { discoverKinds, dynamicKind, type DiscoveredKind } from "./discovery.ts";
export { ConnectionError } from "./errors.ts";
export type { HttpAccess, HttpAnswer, HttpTarget } from "./exchange.ts";
export { readKubeconfig, type KubeconfigOptions, type KubeconfigTarget } from "./kubeconfig.ts";
export { HttpTransport, type RawRequest } from "./transport.ts";
