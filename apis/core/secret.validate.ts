import type { FieldError } from "../errors.ts";
import type { ObjectMeta } from "../meta.ts";

/** Keys that a Secret of a type that programs know must have. */
const NEEDED: ReadonlyMap<string, readonly string[]> = new Map([
  ["kubernetes.io/tls", ["tls.crt", "tls.key"]],
  ["kubernetes.io/dockercfg", [".dockercfg"]],
  ["kubernetes.io/dockerconfigjson", [".dockerconfigjson"]],
  ["kubernetes.io/ssh-auth", ["ssh-privatekey"]],
]);
/** One of them at least. */
const BASIC_AUTH = ["username", "password"];
const JSON_KEYS = [".dockercfg", ".dockerconfigjson"];
const SERVICE_ACCOUNT = "kubernetes.io/service-account.name";

interface Secret {
  metadata: ObjectMeta;
  type: string;
  data?: Record<string, string>;
}

/** What a Secret must hold to be of the type that it says (the messages show nothing of it). */
export function typeErrors({ metadata, type, data = {} }: Secret): FieldError[] {
  if (type === "kubernetes.io/service-account-token")
    return metadata.annotations?.[SERVICE_ACCOUNT]
      ? []
      : [required(`metadata.annotations[${SERVICE_ACCOUNT}]`)];
  if (type === "kubernetes.io/basic-auth")
    return BASIC_AUTH.some((key) => Object.hasOwn(data, key))
      ? []
      : BASIC_AUTH.map((key) => required(`data[${key}]`));
  return (NEEDED.get(type) ?? []).flatMap((key) =>
    Object.hasOwn(data, key) ? jsonErrors(key, data[key]!) : [required(`data[${key}]`)],
  );
}

function jsonErrors(key: string, base64: string): FieldError[] {
  if (!JSON_KEYS.includes(key)) return [];
  try {
    JSON.parse(Buffer.from(base64, "base64").toString());
    return [];
  } catch {
    const message = "Invalid value: <secret contents redacted>: must be JSON";
    return [{ field: `data[${key}]`, message, reason: "FieldValueInvalid" }];
  }
}

const required = (field: string): FieldError => ({
  field,
  message: "Required value",
  reason: "FieldValueRequired",
});
