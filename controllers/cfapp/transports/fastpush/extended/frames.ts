import type { CommitRequest, SetOperation } from "../../../../../apis/fastpush.ts";
import type { Operation } from "../../../../sync/index.ts";
import { contentFrames } from "../../agent/content.ts";
import { encodeFrame } from "../../agent/frames.ts";
import type { SyncSet } from "../../transport.ts";

/** So much goes out at once: many small files are few packets. */
const BATCH_BYTES = 64 * 1024;

/** A set as a stream of frames; with what commits it, if that is to happen at once. @throws what reading a file says. */
export async function* setFrames(set: SyncSet, commit?: CommitRequest): AsyncGenerator<Buffer, void, void> {
  let [batch, bytes]: [Buffer[], number] = [[], 0];
  for await (const frame of framesOf(set, commit)) {
    batch.push(frame);
    if ((bytes += frame.length) < BATCH_BYTES) continue;
    yield Buffer.concat(batch);
    [batch, bytes] = [[], 0];
  }
  if (bytes > 0) yield Buffer.concat(batch);
}

async function* framesOf(set: SyncSet, commit?: CommitRequest): AsyncGenerator<Buffer, void, void> {
  let [files, bytes] = [0, 0];
  for (const operation of set.plan.operations) {
    yield encodeFrame("O", JSON.stringify(operationOf(operation)));
    if (operation.type !== "put" || operation.from !== undefined) continue;
    for await (const frame of contentFrames(operation, set)) {
      bytes += frame.length;
      yield frame;
    }
    set.onProgress?.({ files: ++files, bytes });
  }
  if (commit) yield encodeFrame("K", JSON.stringify(commit));
}

function operationOf(operation: Operation): SetOperation {
  if (operation.type !== "put") return operation;
  const { path, entry, from } = operation;
  const { mode, size, hash } = entry;
  return { type: "put", path, mode, size, hash, ...(from !== undefined && { from }) };
}
