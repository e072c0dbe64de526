import { badRequest, conflict, type FieldError, invalid } from "../../apis/errors.ts";
import { apiVersionOf, type Kind, type ScalePaths } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { invalidValue, isRecord, required, wrongType } from "./structural/index.ts";

/** What the `scale` subresource shows of any object: `autoscaling/v1 Scale`. */
export interface Scale extends KubeObject {
  kind: "Scale";
  apiVersion: "autoscaling/v1";
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    creationTimestamp?: string;
  };
  spec: { replicas: number };
  status: { replicas: number; selector?: string };
}

/** Undefined where the object does not say how many it wants. */
export const wantedReplicas = (paths: ScalePaths, object: KubeObject): number | undefined =>
  countAt(paths.specReplicasPath, object);

export function scaleOf(paths: ScalePaths, object: KubeObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.labelSelectorPath && valueAt(paths.labelSelectorPath, object);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
      ...(creationTimestamp && { creationTimestamp }),
    },
    spec: { replicas: wantedReplicas(paths, object) ?? 0 },
    status: {
      replicas: countAt(paths.statusReplicasPath, object) ?? 0,
      ...(typeof selector === "string" && selector !== "" && { selector }),
    },
  };
}

/** How many a Scale asks for, and of which state of the object. */
export interface Asked {
  readonly replicas: number;
  readonly resourceVersion?: string;
}

const MAX_REPLICAS = 2 ** 31 - 1;

/**
 * Reads a Scale that is to be written.
 *
 * @throws StatusError `BadRequest` if it is none of this object, `Invalid` for a number that cannot be, `Conflict` if
 *   it is about another object of this name.
 */
export function askedOf(body: unknown, current: KubeObject, kind: Kind): Asked {
  if (!isRecord(body) || body["kind"] !== "Scale" || body["apiVersion"] !== "autoscaling/v1")
    throw badRequest("the body of the request must be a Scale of autoscaling/v1");
  const { metadata = {}, spec = {} } = body;
  if (!isRecord(metadata) || !isRecord(spec)) throw badRequest("metadata and spec of a Scale are objects");
  const { name, uid, resourceVersion } = metadata;
  if (name !== undefined && name !== current.metadata.name)
    throw badRequest(
      `the name of the object (${JSON.stringify(name)}) does not match the name on the URL (${current.metadata.name})`,
    );
  if (uid !== undefined && uid !== "" && uid !== current.metadata.uid)
    throw conflict(
      { group: kind.group, plural: kind.plural, name: current.metadata.name },
      `Precondition failed: UID in precondition: ${JSON.stringify(uid)}, UID in object meta: ${current.metadata.uid}`,
    );
  const { replicas = 0 } = spec;
  const problem = replicasProblem(replicas);
  if (problem) throw invalid({ group: "autoscaling", kind: "Scale", name: current.metadata.name }, [problem]);
  return {
    replicas: replicas as number,
    ...(typeof resourceVersion === "string" && resourceVersion !== "" && { resourceVersion }),
  };
}

function replicasProblem(replicas: unknown): FieldError | undefined {
  const field = "spec.replicas";
  if (!Number.isInteger(replicas)) return wrongType(field, typeof replicas, "integer");
  const count = replicas as number;
  if (count < 0) return invalidValue(field, count, "must be greater than or equal to 0");
  return count > MAX_REPLICAS ? invalidValue(field, count, `must be at most ${MAX_REPLICAS}`) : undefined;
}

/** What is to be changed of the object so that it wants that many. */
export const replicasPatch = ({ specReplicasPath }: ScalePaths, replicas: number): Record<string, unknown> =>
  stepsOf(specReplicasPath).reduceRight<unknown>((inner, step) => ({ [step]: inner }), replicas) as Record<
    string,
    unknown
  >;

/** The same as a whole configuration, for who applies it. */
export const replicasConfiguration = (kind: Kind, paths: ScalePaths, { name, asked }: Configured) => ({
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
  metadata: { name, ...(asked.resourceVersion && { resourceVersion: asked.resourceVersion }) },
  ...replicasPatch(paths, asked.replicas),
});

interface Configured {
  name: string;
  asked: Asked;
}

/** What is answered for an object that does not say how many it wants. */
export const withoutReplicas = (kind: Kind, { specReplicasPath }: ScalePaths, name: string) =>
  invalid({ group: kind.group, kind: kind.kind, name }, [
    required(specReplicasPath.slice(1), "there is nothing to scale without it"),
  ]);

const stepsOf = (path: string): string[] => path.slice(1).split(".");

function valueAt(path: string, object: KubeObject): unknown {
  let value: unknown = object;
  for (const step of stepsOf(path)) {
    if (!isRecord(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

function countAt(path: string, object: KubeObject): number | undefined {
  const value = valueAt(path, object);
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}
