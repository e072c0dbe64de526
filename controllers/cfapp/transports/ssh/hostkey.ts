import { fingerprintOf, isFingerprintOf } from "../../cf/index.ts";
import { ConnectError, type HostKey } from "../transport.ts";

/** Whose key the ssh host is to have. */
export type HostKeyPolicy =
  /** That which the platform names. */
  | { readonly mode: "Strict" }
  /** That which the user has written down. */
  | { readonly mode: "Pinned"; readonly fingerprint: string }
  /** Any. */
  | { readonly mode: "Insecure" };

/**
 * @param key - As the host shows it.
 * @param platform - The fingerprint that the platform names; it may be empty.
 * @throws ConnectError `HostKeyMismatch`
 */
export function verifyHostKey(key: Uint8Array, policy: HostKeyPolicy, platform: string): HostKey {
  const fingerprint = fingerprintOf(key);
  if (policy.mode === "Insecure") return { fingerprint, verifiedBy: "Nobody" };
  const isPinned = policy.mode === "Pinned";
  const expected = isPinned ? policy.fingerprint : platform;
  if (isFingerprintOf(expected, key)) return { fingerprint, verifiedBy: isPinned ? "Spec" : "Platform" };
  throw new ConnectError("HostKeyMismatch", problemOf(fingerprint, expected, isPinned));
}

function problemOf(fingerprint: string, expected: string, isPinned: boolean): string {
  if (expected === "")
    return `the ssh host has the key ${fingerprint}, and the platform names none: write it into spec.ssh.fingerprint with spec.ssh.hostKey Pinned if it is the right one`;
  const where = isPinned ? "spec.ssh.fingerprint" : "the platform";
  return `the ssh host has the key ${fingerprint}, and ${where} says ${expected.trim()}: nothing was sent to it; ask who runs the platform which of them is right`;
}
