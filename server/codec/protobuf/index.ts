import { badRequest } from "../../../apis/errors.ts";
import { checkValue, type Decoded } from "../json.ts";
import { nested, one, readMessage, text, type Message } from "./message.ts";
import { DELETE_OPTIONS, MESSAGES } from "./messages.ts";

export const PROTOBUF = "application/vnd.kubernetes.protobuf";

const MAGIC = Buffer.from("k8s\0", "latin1");
/** What follows it: `runtime.Unknown`. */
const UNKNOWN: Message = {
  1: one("typeMeta", nested({ 1: one("apiVersion", text), 2: one("kind", text) })),
  2: one("raw", (value) => value),
};

interface Envelope {
  typeMeta?: { apiVersion?: string; kind?: string };
  raw?: Buffer | number;
}

/**
 * Decodes what typed Go clients send for built-in kinds, whatever they are told (rule 36), to the same object that
 * JSON would have given.
 *
 * @throws StatusError `BadRequest`.
 */
export function decodeProtobuf(bytes: Buffer): Decoded {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw badRequest("the body of the request is not protobuf of Kubernetes");
  }
  const value = reading(() => objectOf(bytes.subarray(MAGIC.length)));
  checkValue(value);
  return { value, duplicateFields: [] };
}

function objectOf(bytes: Buffer): object {
  const { typeMeta = {}, raw = Buffer.alloc(0) } = readMessage(UNKNOWN, bytes) as Envelope;
  const { apiVersion = "", kind = "" } = typeMeta;
  const message = messageOf(apiVersion, kind);
  if (!message || typeof raw === "number") {
    throw badRequest(`protobuf of ${JSON.stringify(`${apiVersion}/${kind}`)} is not known; send JSON`);
  }
  return { apiVersion, kind, ...readMessage(message, raw) };
}

/** DeleteOptions come in the version of whatever is deleted. */
function messageOf(apiVersion: string, kind: string): Message | undefined {
  const id = `${apiVersion}/${kind}`;
  if (kind === "DeleteOptions") return DELETE_OPTIONS;
  return Object.hasOwn(MESSAGES, id) ? MESSAGES[id] : undefined;
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) {
      throw badRequest(`the body of the request is not valid protobuf: ${error.message}`);
    }
    throw error;
  }
}
