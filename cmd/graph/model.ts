import { GROUP, type KubeObject, type LabelSelector } from "../../apis/meta.ts";
import { parseLabelSelector } from "../../apis/selectors.ts";
import type { Dependency } from "../../apis/v1alpha1/index.ts";
import { labelSelectorToString } from "../../client/index.ts";

/** One object needs, or hears of, another. */
export interface Edge {
  /** Key of who needs. */
  from: string;
  /** Key of what it needs; there may be no such object. */
  to: string;
  via: "dependsOn" | "restartOn" | "selector" | "imageRefs";
  /** Of a dependency: the condition that it waits for. */
  condition?: string;
  onChange?: Dependency["onChange"];
}

/** The objects that run something, by their keys, and what they need of each other. */
export interface Graph {
  nodes: ReadonlyMap<string, KubeObject>;
  edges: readonly Edge[];
}

interface Spec {
  dependsOn?: Partial<Dependency>[];
  imageRefs?: { kind: string; name: string }[];
  restartOn?: RestartOn;
  buildTemplate?: { restartOn?: RestartOn };
  serveTemplate?: { restartOn?: RestartOn; dependsOn?: Partial<Dependency>[] };
  selector?: LabelSelector;
}

interface RestartOn {
  fileWatches?: string[];
  selector?: Record<string, string>;
}

/** `NAMESPACE/KIND/NAME` */
export const keyOf = ({ kind, metadata }: KubeObject): string =>
  [metadata.namespace ?? "", kind, metadata.name].join("/");

/** `KIND/NAME`, as people read it. */
export const refOfKey = (key: string): string => key.slice(key.indexOf("/") + 1);
export const nameOfKey = (key: string): string => key.slice(key.lastIndexOf("/") + 1);

/** Kinds of ours; others run nothing. */
export const isRunnable = ({ apiVersion }: KubeObject): boolean => apiVersion?.startsWith(`${GROUP}/`);

/** What is owned is a part of its owner, and no node of its own. */
export const isOwned = ({ metadata }: KubeObject): boolean => (metadata.ownerReferences ?? []).length > 0;

/** The graph of these objects, of files as of a server. */
export function graphOf(objects: readonly KubeObject[]): Graph {
  const nodes = new Map(
    objects
      .filter((object) => isRunnable(object) && !isOwned(object))
      .map((object) => [keyOf(object), object]),
  );
  const all = [...nodes.values()];
  const edges = [
    ...all.flatMap((object) => needs(object, all)),
    ...all.flatMap((object) => stamps(object, all)),
  ];
  return { nodes, edges: unique(edges) };
}

const unique = (edges: readonly Edge[]): Edge[] => [
  ...new Map(edges.map((edge) => [[edge.from, edge.to, edge.via, edge.condition].join("\n"), edge])).values(),
];

function needs(object: KubeObject, all: readonly KubeObject[]): Edge[] {
  const spec: Spec = object.spec ?? {};
  const from = keyOf(object);
  const at = (kind = "", name = "") => ownerKey([object.metadata.namespace ?? "", kind, name], all);
  const dependencies = [...(spec.dependsOn ?? []), ...(spec.serveTemplate?.dependsOn ?? [])];
  const watches = [spec, spec.buildTemplate, spec.serveTemplate].flatMap((part) => part?.restartOn ?? []);
  return [
    ...dependencies.map(({ kind, name, condition = "Ready", onChange }) => ({
      from,
      to: at(kind, name),
      via: "dependsOn" as const,
      condition,
      onChange,
    })),
    ...watches
      .flatMap((restartOn) => [
        ...(restartOn.fileWatches ?? []).map((name) => at("FileWatch", name)),
        ...watchesWith(restartOn.selector, object, all),
      ])
      .map((to) => ({ from, to, via: "restartOn" as const })),
    ...(spec.imageRefs ?? []).map(({ kind, name }) => ({
      from,
      to: at(kind, name),
      via: "imageRefs" as const,
    })),
  ];
}

/** What a LocalResource owns is a part of it: who needs `api-serve` needs `api`. */
function ownerKey(parts: readonly [string, string, string], all: readonly KubeObject[]): string {
  const key = parts.join("/");
  const [namespace, , name] = parts;
  const owner = /^(.+)-(build|serve|watch)$/.exec(name)?.[1];
  if (owner === undefined || all.some((other) => keyOf(other) === key)) return key;
  const ownersKey = [namespace, "LocalResource", owner].join("/");
  return all.some((other) => keyOf(other) === ownersKey) ? ownersKey : key;
}

function watchesWith(
  labels: Record<string, string> | undefined,
  { metadata }: KubeObject,
  all: readonly KubeObject[],
): string[] {
  const wanted = Object.entries(labels ?? {});
  if (wanted.length === 0) return [];
  return all
    .filter((other) => other.kind === "FileWatch" && other.metadata.namespace === metadata.namespace)
    .filter((other) => wanted.every(([key, value]) => other.metadata.labels?.[key] === value))
    .map(keyOf);
}

/** What a FileWatch stamps runs again because of it, and so needs it. */
function stamps(object: KubeObject, all: readonly KubeObject[]): Edge[] {
  const { selector }: Spec = object.spec ?? {};
  if (object.kind !== "FileWatch" || !selector) return [];
  const matches = matcherOf(selector);
  return all
    .filter((other) => other.kind !== "FileWatch" && other.metadata.namespace === object.metadata.namespace)
    .filter((other) => matches(other.metadata.labels))
    .map((other) => ({ from: keyOf(other), to: keyOf(object), via: "selector" }));
}

/** A selector that the server would refuse matches nothing; the server says so when it is applied. */
function matcherOf(selector: LabelSelector): ReturnType<typeof parseLabelSelector> {
  try {
    const text = labelSelectorToString(selector);
    return text === "" ? () => false : parseLabelSelector(text);
  } catch {
    return () => false;
  }
}
