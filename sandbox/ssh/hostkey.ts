import { createHash, generateKeyPairSync } from "node:crypto";
import ssh2 from "ssh2";

export interface HostKey {
  readonly pem: string;
  /** SHA-256 in base64 without padding, as platforms tell it. */
  readonly fingerprint: string;
}

export function newHostKey(): HostKey {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  const digest = createHash("sha256").update(key.getPublicSSH()).digest("base64");
  return { pem: privateKey, fingerprint: digest.replace(/=+$/, "") };
}
