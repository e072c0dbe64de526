import { type Kind, listKindOf } from "../../apis/kind.ts";

export const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
export const AUTOSCALING = "io.k8s.api.autoscaling.v1";
export const INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

export const GVK = "x-kubernetes-group-version-kind";
export const PRESERVE = "x-kubernetes-preserve-unknown-fields";

/** Packages of Kubernetes that are not named after their group. */
const PACKAGES: Readonly<Record<string, string>> = {
  "": "io.k8s.api.core",
  "apiextensions.k8s.io": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
};

/** Name of the schema of a kind, made as Kubernetes does: `dev.tiltish.v1alpha1.LocalProcess`. */
export function schemaName({ group, version, kind, builtIn }: Kind): string {
  return `${builtIn ? packageOf(group) : group.split(".").toReversed().join(".")}.${version}.${kind}`;
}

const packageOf = (group: string): string => PACKAGES[group] ?? `io.k8s.api.${group.split(".")[0]}`;

export const listSchemaName = (kind: Kind): string => schemaName({ ...kind, kind: listKindOf(kind) });

export const gvkOf = ({ group, version, kind }: Kind) => ({ group, version, kind });
