import { Type } from "typebox";
import { defineBuiltIn } from "../kind.ts";
import { Time } from "../meta.ts";
import type { KubeObject } from "../meta.ts";
import { LocalProcess } from "../v1alpha1/index.ts";
import { CONTAINER } from "./pod/index.ts";
import { usageOf } from "./usage.ts";

const Container = Type.Object({
  name: Type.String({ description: "Always process." }),
  usage: Type.Record(Type.String(), Type.String(), {
    description:
      "cpu, in billionths of a core (`n`), and memory, in KiB, of the process and all that it has started.",
  }),
});

/** What a LocalProcess uses, as `kubectl top pods` asks for it. */
export const PodMetrics = defineBuiltIn({
  group: "metrics.k8s.io",
  version: "v1beta1",
  names: { kind: "PodMetrics", plural: "pods" },
  description: "What a LocalProcess uses of this machine; measured when it is asked for, and stored nowhere.",
  namespaced: true,
  fields: {
    timestamp: Type.Optional(Time({ description: "When it was measured." })),
    window: Type.Optional(Type.String({ description: "The time before that over which cpu was measured." })),
    containers: Type.Optional(
      Type.Array(Container, { description: "The one container, if the process runs; else none." }),
    ),
  },
  verbs: ["get", "list"],
  view: {
    of: { group: LocalProcess.group, plural: LocalProcess.plural },
    isVolatile: true,
    read: metricsOf,
  },
  columns: [],
});

function metricsOf({ metadata }: KubeObject): KubeObject {
  const { namespace, name, labels, creationTimestamp, uid = "", resourceVersion } = metadata;
  const usage = usageOf(uid);
  return {
    apiVersion: "metrics.k8s.io/v1beta1",
    kind: "PodMetrics",
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      ...(labels && { labels }),
    },
    timestamp: `${new Date(usage?.timeMs ?? Date.now()).toISOString().slice(0, 19)}Z`,
    window: `${((usage?.windowMs ?? 0) / 1000).toFixed(3)}s`,
    containers: usage
      ? [
          {
            name: CONTAINER,
            usage: {
              cpu: `${Math.round(usage.nanocores)}n`,
              memory: `${Math.ceil(usage.memoryBytes / 1024)}Ki`,
            },
          },
        ]
      : [],
  };
}
