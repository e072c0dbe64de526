import type { CommitRequest } from "../../apis/fastpush.ts";
import { sha256 } from "./fixture.ts";

/** A frame as the extensions take it. */
export function frame(type: string, body: Buffer | string): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

export const operation = (value: object): Buffer => frame("O", JSON.stringify(value));

/** A file, told and sent. */
export async function file(path: string, content: string, mode = 0o644): Promise<Buffer> {
  const put = { type: "put", path, mode, size: Buffer.byteLength(content), hash: await sha256(content) };
  return Buffer.concat([operation(put), ...(content === "" ? [] : [frame("D", content)])]);
}

export const commitBody = (more: Partial<CommitRequest> = {}): string =>
  JSON.stringify({ base: "", treeHash: "t", tracked: { all: [] }, restart: { mode: "None" }, ...more });
