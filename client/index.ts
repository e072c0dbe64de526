export { Client } from "./client.ts";
export type {
  ApplyInput,
  ApplyRequest,
  ClientOptions,
  MetadataInput,
  ObjectInput,
  PatchRequest,
  Where,
} from "./client.ts";
export { Backoff, backoffMs } from "./backoff.ts";
export { byLabel, byNamespace, byOwnerUid, type IndexFunction } from "./cache.ts";
export { sleep, systemClock, type Clock } from "./clock.ts";
export { Informer, type Handlers, type InformerOptions } from "./informer.ts";
export { keyOf, nameOf, versionOf, type AnyKind, type AnyObject, type Name } from "./kinds.ts";
export { silentLog, type Log } from "./log.ts";
export type { Change, Scope } from "./reflector.ts";
export { labelSelectorToString } from "./selector.ts";
export type { Goal, WaitOptions } from "./wait.ts";
export type { WatchRequest } from "./watch.ts";
export {
  ConnectionError,
  discoverKinds,
  dynamicKind,
  HttpTransport,
  readKubeconfig,
  type DiscoveredKind,
  type HttpAccess,
  type HttpAnswer,
  type HttpTarget,
  type KubeconfigOptions,
  type KubeconfigTarget,
  type RawRequest,
} from "./http/index.ts";
