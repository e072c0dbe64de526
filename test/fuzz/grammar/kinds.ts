import { parse } from "yaml";
import { EXAMPLES } from "../../../scripts/generate/examples.ts";
import { WIDGETS_CRD } from "../../conformance/widgets.ts";
import type { Random } from "../random.ts";

/** A kind as a client knows it. */
export interface FuzzKind {
  /** `/api/v1`, `/apis/GROUP/VERSION`. */
  root: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  /** Controllers act on it: it is never stored, so that nothing is run. */
  acts: boolean;
}

const kindOf = (root: string, kind: string, plural: string, more: Partial<FuzzKind> = {}): FuzzKind => ({
  root,
  kind,
  plural,
  namespaced: true,
  acts: false,
  ...more,
});

const ours = (kind: string, plural: string) =>
  kindOf("/apis/tiltish.dev/v1alpha1", kind, plural, { acts: true });
const CRDS = "/apis/apiextensions.k8s.io/v1";

export const WIDGET = kindOf("/apis/conformance.example.com/v1", "Widget", "widgets");
export const CRD = kindOf(CRDS, "CustomResourceDefinition", "customresourcedefinitions", {
  namespaced: false,
});

const CONFIG_MAP = kindOf("/api/v1", "ConfigMap", "configmaps");
const SECRET = kindOf("/api/v1", "Secret", "secrets");
const LEASE = kindOf("/apis/coordination.k8s.io/v1", "Lease", "leases");
const THING = kindOf("/apis/fuzz.example.com/v1", "Thing", "things");

/** Everything that is served, a kind that a definition has brought, and kinds that come and go. */
export const KINDS: readonly FuzzKind[] = [
  CONFIG_MAP,
  CONFIG_MAP,
  CONFIG_MAP,
  SECRET,
  SECRET,
  LEASE,
  LEASE,
  THING,
  THING,
  WIDGET,
  WIDGET,
  WIDGET,
  kindOf("/api/v1", "Event", "events"),
  kindOf("/apis/events.k8s.io/v1", "Event", "events"),
  kindOf("/api/v1", "Namespace", "namespaces", { namespaced: false }),
  kindOf("/api/v1", "Pod", "pods"),
  kindOf("/apis/conformance.example.com/v1beta1", "Widget", "widgets"),
  kindOf("/apis/fuzz.example.com/v1", "Global", "globals", { namespaced: false }),
  CRD,
  ours("FileWatch", "filewatches"),
  ours("LocalProcess", "localprocesses"),
  ours("LocalResource", "localresources"),
  ours("DockerImage", "dockerimages"),
  ours("CustomImage", "customimages"),
  ours("K8sResource", "k8sresources"),
  ours("CFAppSync", "cfappsyncs"),
];

/** Namespaces that are made and deleted all the time. */
export const NAMESPACES = ["default", "default", "default", "fuzz-0", "fuzz-1"];
export const NAMES = ["a", "b", "c", "d.e", "f-1"];

const widget = {
  spec: {
    title: "t",
    size: 1,
    tags: ["a"],
    ports: [{ name: "http", port: 80 }],
    labels: { x: "1" },
    anything: { a: [1] },
  },
  status: { phase: "Good", conditions: [{ type: "Ready", status: "True" }] },
};

/** A definition of the kinds `things` and `globals`. */
const definition = (random: Random): object => {
  const isGlobal = random.chance(0.5);
  const names = isGlobal ? { kind: "Global", plural: "globals" } : { kind: "Thing", plural: "things" };
  const versions = WIDGETS_CRD.spec.versions.slice(0, 1);
  return {
    metadata: { name: `${names.plural}.fuzz.example.com` },
    spec: { group: "fuzz.example.com", scope: isGlobal ? "Cluster" : "Namespaced", names, versions },
  };
};

/** A valid object of a kind, without its name. */
export function fieldsOf(random: Random, { kind, root }: FuzzKind): Record<string, unknown> {
  if (kind === "CustomResourceDefinition") return definition(random) as Record<string, unknown>;
  if (["Widget", "Thing", "Global"].includes(kind)) return widget;
  const example = parse(
    EXAMPLES[root.includes("events.k8s.io") ? "Event.events.k8s.io" : kind] ?? "",
  ) as unknown;
  const { apiVersion: _, kind: __, metadata: ___, ...fields } = (example ?? {}) as Record<string, unknown>;
  return fields;
}

export const apiVersionOf = ({ root }: FuzzKind): string => root.replace(/^\/apis?\//, "");
