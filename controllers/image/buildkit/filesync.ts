import type { Item } from "../archive.ts";
import { bytesOf } from "../files.ts";
import { type Call, GRPC, GrpcError } from "./grpc.ts";
import { bigVarintField, bytesField, fieldsOf, varintField } from "./wire.ts";

/** Directories that BuildKit may ask for, by the names that it has for them: `context`, `dockerfile`. */
export type Directories = Readonly<Record<string, readonly Item[]>>;

const PACKET = { stat: 0, request: 1, data: 2, end: 3 } as const;
const CHUNK_BYTES = 32 * 1024;

/** As Go has them. */
const MODE = { directory: 2 ** 31, symlink: 2 ** 27, setuid: 2 ** 23, setgid: 2 ** 22, sticky: 2 ** 20 };

/**
 * Tells what is in a directory, and sends the files that it is asked for.
 *
 * @throws UnsettledError for a file that does not hold what it is expected to hold
 */
export async function sendFiles(call: Call, directories: Directories): Promise<void> {
  const name = String(call.headers["dir-name"] ?? "");
  const items = directories[name];
  if (!items) throw new GrpcError(GRPC.notFound, `there is no directory ${name}`);
  const sent = call.headers["followpaths"] === ".dockerignore" ? items.filter(isIgnoreFile) : items;
  // It may ask for files before it knows all of them.
  await Promise.all([tell(call, sent), answer(call, sent)]);
}

const isIgnoreFile = ({ header }: Item): boolean => header.name === ".dockerignore";

async function tell({ send }: Call, items: readonly Item[]): Promise<void> {
  for (const item of items) await send(bytesField(2, statOf(item)));
  await send(Buffer.alloc(0));
}

function statOf({ header, content }: Item): Buffer {
  const { name, linkname, mtime = new Date(0) } = header;
  const size = typeof content === "string" ? Buffer.byteLength(content) : (content?.size ?? 0);
  return Buffer.concat([
    bytesField(1, name),
    varintField(2, modeOf(header)),
    varintField(5, size),
    bigVarintField(6, BigInt(mtime.getTime()) * 1_000_000n),
    ...(linkname ? [bytesField(7, linkname)] : []),
  ]);
}

function modeOf({ type, mode = 0o644 }: Item["header"]): number {
  const kind = type === "directory" ? MODE.directory : type === "symlink" ? MODE.symlink : 0;
  const special = [
    mode & 0o4000 ? MODE.setuid : 0,
    mode & 0o2000 ? MODE.setgid : 0,
    mode & 0o1000 ? MODE.sticky : 0,
  ];
  return (mode & 0o777) + kind + special.reduce((sum, bit) => sum + bit, 0);
}

async function answer({ messages, send }: Call, items: readonly Item[]): Promise<void> {
  for await (const message of messages) {
    const { type, id } = packetOf(message);
    if (type === PACKET.end) return send(varintField(1, PACKET.end));
    const item = type === PACKET.request ? items[id] : undefined;
    if (!item) throw new GrpcError(GRPC.invalidArgument, `there is no file ${id}`);
    for await (const bytes of chunksOf(item)) await send(dataOf(id, bytes));
    await send(dataOf(id));
  }
}

function packetOf(message: Buffer): { type: number; id: number } {
  let [type, id] = [0, 0];
  for (const { number, value } of fieldsOf(message)) {
    if (number === 1) type = value;
    if (number === 3) id = value;
  }
  return { type, id };
}

const dataOf = (id: number, bytes?: Buffer): Buffer =>
  Buffer.concat([varintField(1, PACKET.data), varintField(3, id), ...(bytes ? [bytesField(4, bytes)] : [])]);

async function* chunksOf({ content = "" }: Item): AsyncGenerator<Buffer, void, void> {
  const parts = typeof content === "string" ? [Buffer.from(content)] : bytesOf(content.source, content);
  for await (const part of parts)
    for (let at = 0; at < part.length; at += CHUNK_BYTES) yield part.subarray(at, at + CHUNK_BYTES);
}
