/** A little of protobuf, as typed Go clients write it: https://protobuf.dev/programming-guides/encoding/ */

export const PROTOBUF = "application/vnd.kubernetes.protobuf";

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];

/** A field with a number in it. */
export const number = (field: number, value: number): Buffer =>
  Buffer.from([...varint(field * 8), ...varint(value)]);

/** A field with text in it. */
export const text = (field: number, value: string | Buffer): Buffer => {
  const content = Buffer.from(value);
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
};

/** A field with a message in it. */
export const message = (field: number, ...parts: Buffer[]): Buffer => text(field, Buffer.concat(parts));

/** An entry of a map of texts. */
export const entry = (field: number, key: string, value: string): Buffer =>
  message(field, text(1, key), text(2, value));

/** `ObjectMeta`, with the empty fields that Go writes as well. */
export const metadata = (name: string, namespace: string): Buffer =>
  message(
    1,
    text(1, name),
    text(2, ""),
    text(3, namespace),
    text(5, ""),
    text(6, ""),
    number(7, 0),
    message(8),
  );

/** A time of `metav1.MicroTime`. */
export const microTime = (field: number, seconds: number, micros: number): Buffer =>
  message(field, number(1, seconds), number(2, micros * 1000));

/** The envelope `runtime.Unknown`, behind the four bytes that it is known by. */
export const envelope = (apiVersion: string, kind: string, ...fields: Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.from("k8s\0"),
    message(1, text(1, apiVersion), text(2, kind)),
    message(2, ...fields),
    text(3, ""),
    text(4, ""),
  ]);
