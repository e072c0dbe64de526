import { generate } from "selfsigned";

const DAY_MS = 24 * 3600 * 1000;

/** A certificate for loopback that nobody knows, and which is its own authority. */
export async function newCertificate(): Promise<{ cert: string; key: string }> {
  const names = ["localhost", "*.localhost"].map((value) => ({ type: 2 as const, value }));
  const addresses = ["127.0.0.1", "::1"].map((ip) => ({ type: 7 as const, ip }));
  const { cert, private: key } = await generate([{ name: "commonName", value: "tiltish sandbox" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + 30 * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: [...names, ...addresses] },
    ],
  });
  return { cert, key };
}
