import { promisify } from "node:util";
import { createGzip, gzip, type Gzip } from "node:zlib";

/** Smaller answers are sent sooner than they are compressed (rule 24). */
export const COMPRESS_ABOVE = 128 * 1024;
// As kube-apiserver: the level that is worth its time on a local connection.
const OPTIONS = { level: 1 };

const gzipAsync = promisify(gzip);

/** Whether the client takes gzip. */
export const acceptsGzip = (acceptEncoding: string | undefined): boolean =>
  acceptEncoding !== undefined && acceptEncoding.split(",", 16).some(isGzip);

function isGzip(coding: string): boolean {
  const [, quality] = /^\s*(?:gzip|\*)\s*(?:;\s*q=([0-9.]{1,5})\s*)?$/i.exec(coding) ?? [];
  return quality === undefined ? /^\s*(gzip|\*)\s*$/i.test(coding) : Number(quality) > 0;
}

export const compress = (bytes: Buffer): Promise<Buffer> => gzipAsync(bytes, OPTIONS);

export const compressor = (): Gzip => createGzip(OPTIONS);
