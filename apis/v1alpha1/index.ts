import type { Kind } from "../kind.ts";
import { CFAppSync } from "./cfappsync.ts";
import { CustomImage, imageBuildNameOf } from "./customimage.ts";
import { DockerImage } from "./dockerimage.ts";
import { FileWatch } from "./filewatch.ts";
import { K8sResource } from "./k8sresource.ts";
import { LocalProcess } from "./localprocess.ts";
import { LocalResource } from "./localresource.ts";

export { CFAppSync, CustomImage, DockerImage, FileWatch, K8sResource, LocalProcess, LocalResource };
export type { FileEvent, FileWatchSpec } from "./filewatch.ts";
export type { LocalProcessSpec } from "./localprocess.ts";
export { childNameOf, RESOURCE_LABEL } from "./localresource.ts";
export { imageBuildNameOf };
export { imageVariableOf } from "./common/image.ts";
export { type Cause, CAUSE_TYPES, inputErrors } from "./common/cause.ts";
export { REQUEST_TYPES, type RequestType, TriggerRequest } from "./common/triggerrequest.ts";
export type { Dependency } from "./common/dependency.ts";
export type { Probe } from "./common/probe.ts";

/** The kinds of ours that are served. */
export const KINDS: readonly Kind[] = [
  FileWatch,
  LocalProcess,
  LocalResource,
  DockerImage,
  CustomImage,
  K8sResource,
  CFAppSync,
];
