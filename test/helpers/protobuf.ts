// Bodies as typed Go clients send them.

export const TYPE = "application/vnd.kubernetes.protobuf";
export const MAGIC = Buffer.from("k8s\0");

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
export const integer = (field: number, value: number) =>
  Buffer.from([...varint(field * 8), ...varint(value)]);
export const bytes = (field: number, value: string | Buffer) => {
  const content = Buffer.from(value);
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
};
export const message = (field: number, ...parts: Buffer[]) => bytes(field, Buffer.concat(parts));
export const entry = (field: number, key: string, value: string) =>
  message(field, bytes(1, key), bytes(2, value));

/** As client-go wraps it. */
export const envelope = (apiVersion: string, kind: string, ...fields: Buffer[]) =>
  Buffer.concat([
    MAGIC,
    message(1, bytes(1, apiVersion), bytes(2, kind)),
    message(2, ...fields),
    bytes(3, ""),
    bytes(4, ""),
  ]);
