import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StreamBody } from "../cf/http.ts";
import type { FileEntry, Tree } from "../../sync/index.ts";
import { writeArchive } from "./archive.ts";
import type { Calls } from "./calls.ts";
import { PushError, type PushRequest } from "./request.ts";

/** What the platform keeps of former uploads: nothing smaller, nothing larger. */
const [MIN_SIZE, MAX_SIZE] = [65_536, 536_870_912];
const CHUNK = 5000;

interface Resource {
  readonly path: string;
  readonly mode: string;
  readonly checksum: { readonly value: string };
  readonly size_in_bytes: number;
}

/** Files that need not be sent. */
export async function match(calls: Calls, { tree, read, onStep }: PushRequest): Promise<Resource[]> {
  const large = [...tree].filter((one): one is [string, FileEntry] => isWorthIt(one[1]));
  if (large.length === 0) return [];
  onStep(`asking which of ${large.length} large files are known`);
  const resources: Resource[] = [];
  for (const [path, { size, mode }] of large)
    resources.push({
      path,
      mode: mode.toString(8),
      checksum: { value: await sha1Of(read(path)) },
      size_in_bytes: size,
    });
  const known: Resource[] = [];
  for (let at = 0; at < resources.length; at += CHUNK) {
    const chunk = { resources: resources.slice(at, at + CHUNK) };
    const answer = await calls.json<{ resources: Resource[] }>("POST", "/v3/resource_matches", chunk);
    known.push(...answer.resources);
  }
  return known;
}

const isWorthIt = (entry: Tree extends ReadonlyMap<string, infer E> ? E : never): boolean =>
  entry.type === "file" && entry.size > MIN_SIZE && entry.size < MAX_SIZE && (entry.mode & 0o600) === 0o600;

async function sha1Of(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha1");
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest("hex");
}

export interface Upload {
  readonly appGuid: string;
  readonly known: readonly Resource[];
  /** Files that are not of the tree. */
  readonly more: ReadonlyMap<string, Buffer>;
}

/** @returns guid of the package, which is ready. @throws PushError, or what reading a file says. */
export async function upload(
  calls: Calls,
  request: PushRequest,
  { appGuid, known, more }: Upload,
): Promise<string> {
  const { tree, read, onStep } = request;
  const directory = await mkdtemp(join(tmpdir(), "tiltish-push-"));
  try {
    const file = join(directory, "package.zip");
    const paths = new Set(known.map(({ path }) => path));
    const files = [...tree.values()].filter(({ type }) => type !== "directory").length;
    onStep(`packing ${files - paths.size} files`);
    const size = await writeArchive(file, { tree, more, read, known: paths, signal: calls.signal });
    const relationships = { app: { data: { guid: appGuid } } };
    const made = await calls.json<{ guid: string }>("POST", "/v3/packages", { type: "bits", relationships });
    onStep(`uploading ${sizeText(size)}${paths.size > 0 ? `; ${paths.size} files are known there` : ""}`);
    await calls.send(`/v3/packages/${made.guid}/upload`, {
      method: "POST",
      ...formOf({ file, size, known }),
    });
    onStep("waiting until the platform has taken the upload");
    await calls.poll(() => whenReady(calls, made.guid));
    return made.guid;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function whenReady(calls: Calls, guid: string): Promise<true | undefined> {
  const { state, data } = await calls.get<{ state: string; data?: { error?: string | null } }>(
    `/v3/packages/${guid}`,
  );
  if (state === "READY") return true;
  if (state === "FAILED" || state === "EXPIRED")
    throw new PushError("upload", `the platform does not take the upload: ${data?.error ?? state}`);
  return undefined;
}

/** A form of two fields; its length is known before, as some that stand before a controller insist. */
function formOf({ file, size, known }: { file: string; size: number; known: readonly Resource[] }) {
  const boundary = `tiltish-${randomUUID()}`;
  const part = (headers: string) => `--${boundary}\r\nContent-Disposition: form-data; ${headers}\r\n\r\n`;
  const head = Buffer.from(
    `${part('name="resources"')}${JSON.stringify(known)}\r\n` +
      part('name="bits"; filename="package.zip"\r\nContent-Type: application/zip'),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const body: StreamBody = {
    length: head.length + size + tail.length,
    async *open() {
      yield head;
      yield* createReadStream(file) as AsyncIterable<Uint8Array>;
      yield tail;
    },
  };
  return { body, headers: { "content-type": `multipart/form-data; boundary=${boundary}` } };
}

const sizeText = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
