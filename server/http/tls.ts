import { X509Certificate } from "node:crypto";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writePrivately } from "./privatefile.ts";

/** PEM, both. The certificate signs itself, and is what clients pin as their authority. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
const VALID_MS = 90 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** Clocks of containers and virtual machines are not quite right. */
const SKEW_MS = 3_600_000;

/** The certificate of a state directory, renewed while it is still good for 30 days. */
export async function ensureCertificate(stateDirectory: string, nowMs = Date.now()): Promise<Certificate> {
  const file = join(stateDirectory, "tls.pem");
  const known = read(file);
  if (known && isGood(known, nowMs)) {
    chmodSync(file, 0o600);
    return known;
  }
  const fresh = await create(nowMs);
  // One file, because a key and the certificate of another key would be no use.
  writePrivately(file, fresh.key + fresh.cert);
  return fresh;
}

const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

function read(file: string): Certificate | undefined {
  const text = readIfThere(file) ?? "";
  const [key] = KEY.exec(text) ?? [];
  const [cert] = CERTIFICATE.exec(text) ?? [];
  return key && cert ? { key: `${key}\n`, cert: `${cert}\n` } : undefined;
}

function isGood({ cert }: Certificate, nowMs: number): boolean {
  try {
    const { validFrom, validTo } = new X509Certificate(cert);
    return Date.parse(validFrom) <= nowMs && Date.parse(validTo) - nowMs > RENEW_BEFORE_MS;
  } catch {
    return false;
  }
}

async function create(nowMs: number): Promise<Certificate> {
  // Loaded once in 60 days: at every start it would be a good part of it.
  const { generate } = await import("selfsigned");
  const { cert, private: key } = await generate([{ name: "commonName", value: "tiltish" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(nowMs - SKEW_MS),
    notAfterDate: new Date(nowMs + VALID_MS),
    extensions: [
      // Go takes a certificate as its own authority only if it says that it is one.
      { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
          { type: 7, ip: "::1" },
        ],
      },
    ],
  });
  return { cert: `${cert.trim()}\n`, key: `${key.trim()}\n` };
}
