/** `v1`, `v2beta1`: number of the version, how stable it is, number of the alpha or beta. */
const KUBERNETES = /^v(\d+)(?:(alpha|beta)(\d+))?$/;

const STABILITY: Readonly<Record<string, number>> = { stable: 2, beta: 1, alpha: 0 };

/**
 * Sorts versions as Kubernetes does, the one that clients should use first: v10, v2, v1, v2beta1, v1beta2, v1alpha1,
 * then whatever is named otherwise, by name.
 */
export function compareVersions(a: string, b: string): number {
  const [rankA, rankB] = [rankOf(a), rankOf(b)];
  if (!rankA || !rankB) return rankA ? -1 : rankB ? 1 : compareText(a, b);
  const at = rankA.findIndex((number, i) => number !== rankB[i]);
  return at < 0 ? 0 : rankB[at]! - rankA[at]!;
}

function rankOf(version: string): number[] | undefined {
  const [, major, stability = "stable", minor = "0"] = KUBERNETES.exec(version) ?? [];
  return major === undefined ? undefined : [STABILITY[stability]!, Number(major), Number(minor)];
}

/** Bytewise, as far as names of the API go. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
