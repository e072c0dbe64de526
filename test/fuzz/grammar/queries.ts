import type { Random } from "../random.ts";
import { inUrl, oddText } from "./values.ts";

const BOOLEANS = ["true", "false", "1", "0", "", "True", "maybe"];
const NUMBERS = ["0", "1", "2", "5", "-1", "abc", "1.5", "99999999999999999999", "", "+3", "0x1"];
const REVISIONS = [
  "0",
  "1",
  "5",
  "100",
  "9007199254740991",
  "9007199254740992",
  "-1",
  "abc",
  "",
  "1e3",
  "00012",
];
const LABELS = [
  "app=web",
  "app!=web",
  "app in (a,b)",
  "app notin (a)",
  "!app",
  "app",
  "a=b,c=d",
  "a in (",
  "a=(",
  ",",
  "a,,b",
  "=",
  "a==b=c",
  "x/y/z=1",
  "a in (b,c),d notin (e),!f,g!=h",
];
const FIELDS = [
  "metadata.name=a",
  "metadata.name!=a",
  "metadata.namespace=default",
  "metadata.name=a,metadata.name=b",
  "spec.mode=fancy",
  "type=Opaque",
  "involvedObject.name=api",
  "regarding.kind=LocalProcess",
  "spec.nodeName=x",
  "status.phase=Running",
  "metadata.name",
  "a\\=b=c",
  "metadata.name=a\\,b",
  "=",
  "nothing=1",
];

/** Parameters that are known, and values that they may have, or nearly. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  labelSelector: LABELS,
  fieldSelector: FIELDS,
  limit: NUMBERS,
  continue: ["abc", "WzEsMSwiIiwiIl0", "WzEsOTk5OTk5LCIiLCIiXQ", "bnVsbA", "%%%", ""],
  resourceVersion: REVISIONS,
  resourceVersionMatch: ["Exact", "NotOlderThan", "Sideways", ""],
  sendInitialEvents: BOOLEANS,
  allowWatchBookmarks: BOOLEANS,
  timeoutSeconds: ["1", "0", "-1", "abc", "1.5"],
  dryRun: ["All", "Some", ""],
  fieldValidation: ["Strict", "Warn", "Ignore", "strict", ""],
  fieldManager: ["me", "you", "m".repeat(129), "\u0007", ""],
  force: BOOLEANS,
  pretty: BOOLEANS,
  includeObject: ["None", "Metadata", "Object", "Some"],
  propagationPolicy: ["Background", "Foreground", "Orphan", "Sideways"],
  orphanDependents: BOOLEANS,
  gracePeriodSeconds: NUMBERS,
  ignoreStoreReadErrorWithClusterBreakingPotential: BOOLEANS,
  follow: ["false", "0"],
  tailLines: NUMBERS,
  sinceSeconds: NUMBERS,
  sinceTime: ["2026-01-01T00:00:00Z", "yesterday"],
  limitBytes: NUMBERS,
  container: ["main", "x"],
};
const NAMES = Object.keys(PARAMETERS);

/** The parameters of a request: most often none, or some that belong to it, now and then nonsense. */
export function queryOf(random: Random, method: string): string[] {
  const wants = method === "GET" ? 0.6 : 0.4;
  if (!random.chance(wants)) return [];
  return [
    ...random.times(3, () => parameterOf(random)),
    ...(method === "PATCH" && random.chance(0.5) ? ["fieldManager=fuzz", "force=true"] : []),
    ...(method === "GET" && random.chance(0.08) ? ["watch=1", "timeoutSeconds=1"] : []),
  ];
}

function parameterOf(random: Random): string {
  const name = random.pick(NAMES);
  if (random.chance(0.9)) return `${name}=${encodeURIComponent(random.pick(PARAMETERS[name]!))}`;
  return random.weighted<() => string>([
    [3, () => `${name}=${inUrl(oddText(random))}`],
    [1, () => `${name}=%zz`],
    [1, () => name],
    [1, () => `${name}=${"(".repeat(3_000)}`],
    [1, () => `${inUrl(oddText(random))}=1`],
    [1, () => "&&&===;;"],
  ])();
}
