import type { Kind } from "../../apis/kind.ts";
import type { Condition, KubeObject } from "../../apis/meta.ts";
import { type Cause, type Dependency, KINDS } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";

/** What the statuses of everything that can be depended on have in common. */
export interface AnyStatus {
  observedGeneration?: number;
  conditions?: Condition[];
  state?: string;
  message?: string;
  cause?: Cause;
  run?: number;
  startTime?: string;
  build?: { startTime?: string; finishTime?: string; error?: string };
  serve?: { state?: string; startTime?: string };
  stopped?: Cause;
  lastSyncTime?: string;
}

export interface AnySpec {
  disabled?: boolean;
  daemon?: boolean;
  restartPolicy?: string;
  serveTemplate?: AnySpec;
}

export const statusOf = (object: KubeObject): AnyStatus => object["status"] ?? {};
export const specOf = (object: KubeObject): AnySpec => object["spec"] ?? {};

export const dependenciesOf = (object: KubeObject | undefined): Dependency[] =>
  (object?.["spec"] as { dependsOn?: Dependency[] } | undefined)?.dependsOn ?? [];

export const refOf = ({ kind, name }: Pick<Dependency, "kind" | "name">): string => `${kind}/${name}`;

/** A dependency, and what it leads to, if that is there. */
export interface Found {
  dependency: Dependency;
  kind?: Kind;
  object?: KubeObject;
}

export async function lookUp(client: Client, namespace: string, dependency: Dependency): Promise<Found> {
  const kind = KINDS.find(({ kind }) => kind === dependency.kind);
  if (!kind) return { dependency };
  const object = await client.get(kind, { namespace, name: dependency.name });
  return { dependency, kind, object: object as KubeObject | undefined };
}
