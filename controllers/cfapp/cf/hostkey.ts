import { createHash } from "node:crypto";

const DIGESTS = { sha256: "sha256", sha1: "sha1", md5: "md5" } as const;

/**
 * Whether a fingerprint is that of a host key. It may be written in any way that platforms and people write it: SHA-256
 * in base64 (with or without `SHA256:` and padding) or hex, SHA-1 or MD5 in hex with colons (MD5 with or without `MD5:`).
 *
 * @param key - The public key, as ssh sends it.
 */
export function isFingerprintOf(fingerprint: string, key: Uint8Array): boolean {
  const text = fingerprint.trim().replace(/^(SHA256|MD5):/i, "");
  const digest = (name: keyof typeof DIGESTS, encoding: "hex" | "base64") =>
    createHash(DIGESTS[name]).update(key).digest(encoding);
  const lower = text.toLowerCase();
  switch (text.replace(/=+$/, "").length) {
    case 43:
      return text.replace(/=+$/, "") === digest("sha256", "base64").replace(/=+$/, "");
    case 64:
      return lower === digest("sha256", "hex");
    case 59:
      return lower === colons(digest("sha1", "hex"));
    case 47:
      return lower === colons(digest("md5", "hex"));
    default:
      return false;
  }
}

const colons = (hex: string): string => hex.match(/../g)!.join(":");

/** As people compare it. */
export const fingerprintOf = (key: Uint8Array): string =>
  `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
