export { FileChanges } from "./changes.ts";
export { kubeconfigFiles } from "./files.ts";
export { guard } from "./guard.ts";
export { refuseOwn } from "./own.ts";
export { resolveTarget, type Target, type Wanted } from "./kubeconfig.ts";
