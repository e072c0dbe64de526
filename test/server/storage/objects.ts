import type { KubeObject } from "../../../apis/meta.ts";
import type { ObjectKey, Scope } from "../../../server/storage/index.ts";

export const scope: Scope = { group: "tiltish.dev", plural: "localprocesses" };

export const keyOf = (name: string, namespace = "default"): ObjectKey => ({ ...scope, namespace, name });

export const objectOf = (name: string, spec: unknown = {}, namespace = "default"): KubeObject => ({
  apiVersion: "tiltish.dev/v1alpha1",
  kind: "LocalProcess",
  metadata: { name, namespace },
  spec,
});
