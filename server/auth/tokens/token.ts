/** A token for less than everything, as its file holds it. The token itself is nowhere: only its digest is. */
export interface ScopedToken {
  readonly name: string;
  /** Of this token, and of none that has its name later. */
  readonly uid: string;
  /** SHA-256 of the token, in hexadecimal digits. */
  readonly sha256: string;
  /** What it is good for: get, list and watch. */
  readonly access: "read";
  /** The only namespace that it is good for. Absent: everywhere. */
  readonly namespace?: string;
  /** Whether Secrets may be read too. */
  readonly secrets: boolean;
  /** RFC 3339. */
  readonly createdAt: string;
  /** RFC 3339. Absent: it does not expire. */
  readonly expiresAt?: string;
}

const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** Names of tokens are labels of DNS, as those of namespaces are. */
export const isLabel = (value: unknown): boolean => typeof value === "string" && LABEL.test(value);

const isTime = (value: unknown): boolean =>
  typeof value === "string" && /^\d{4}-.*Z$/.test(value) && !Number.isNaN(Date.parse(value));

const optional =
  (isGood: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || isGood(value);

const FIELDS: Readonly<Record<keyof ScopedToken, (value: unknown) => boolean>> = {
  name: isLabel,
  uid: (value) => typeof value === "string" && value !== "",
  sha256: (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value),
  access: (value) => value === "read",
  namespace: optional(isLabel),
  secrets: (value) => typeof value === "boolean",
  createdAt: isTime,
  expiresAt: optional(isTime),
};

/**
 * The token that a file holds.
 *
 * A field that is not known may be a limit that a later version has set, so it is no token then.
 *
 * @throws Error that says what is wrong with the text.
 */
export function parseToken(name: string, text: string): ScopedToken {
  const token = objectIn(text);
  const unknown = Object.keys(token).find((field) => !Object.hasOwn(FIELDS, field));
  if (unknown !== undefined) throw new Error(`the field ${JSON.stringify(unknown)} is not known`);
  for (const [field, isGood] of Object.entries(FIELDS)) {
    if (!isGood(token[field])) throw new Error(`the field ${field} is missing or wrong`);
  }
  if (token["name"] !== name) throw new Error(`it says that its name is ${JSON.stringify(token["name"])}`);
  return token as unknown as ScopedToken;
}

function objectIn(text: string): Record<string, unknown> {
  const value = jsonIn(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error("it holds no JSON object");
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it holds no JSON");
  }
}

export const isExpired = ({ expiresAt }: Pick<ScopedToken, "expiresAt">, nowMs = Date.now()): boolean =>
  expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;
