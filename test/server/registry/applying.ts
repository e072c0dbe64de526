import type { StatusError } from "../../../apis/errors.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import type { Registry, RequestOptions } from "../../../server/registry/index.ts";
import { kind } from "../../helpers/registry.ts";

export const target = { kind: kind("LocalProcess"), namespace: "default", name: "web" };
export const configMap = { kind: kind("ConfigMap"), namespace: "default", name: "c" };

export const web = (spec?: object, metadata: object = {}): object => ({
  apiVersion: "tiltish.dev/v1alpha1",
  kind: "LocalProcess",
  metadata: { name: "web", ...metadata },
  ...(spec && { spec }),
});
export const map = (data: object, metadata: object = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "c", ...metadata },
  data,
});

export const apply = (registry: Registry, body: unknown, options: RequestOptions = {}, to = target) =>
  registry.patch(to, { type: "apply", body }, { fieldManager: "me", ...options });
export const applyMap = (registry: Registry, body: unknown, options: RequestOptions = {}) =>
  apply(registry, body, options, configMap);

export const fieldsOf = ({ metadata }: KubeObject, manager: string, subresource?: string) =>
  metadata.managedFields?.find((entry) => entry.manager === manager && entry.subresource === subresource)
    ?.fieldsV1;
export const managersOf = ({ metadata }: KubeObject) =>
  metadata.managedFields?.map(({ manager }) => manager) ?? [];

export async function errorOf(promise: Promise<unknown>): Promise<StatusError> {
  const error: unknown = await promise.then(
    () => new Error("it was accepted"),
    (error: unknown) => error,
  );
  return error as StatusError;
}
