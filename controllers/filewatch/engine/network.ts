import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/** File systems whose changes by others the kernel does not report: magic numbers of statfs(2). */
const SILENT = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x517b, "SMB"],
  [0x01021997, "9p"],
  [0x65735546, "FUSE"],
  [0x53464846, "drvfs"],
  [0x786f4256, "vboxsf"],
  [0x00c36400, "Ceph"],
  [0x5346414f, "AFS"],
  [0x9fa0, "procfs"],
  [0x62656572, "sysfs"],
]);

export interface SilentPlace {
  readonly path: string;
  /** Its file system, as people call it. */
  readonly fileSystem: string;
}

/** The first of these places that lies on a file system which does not tell of all changes. */
export function silentPlaceOf(paths: readonly string[]): SilentPlace | undefined {
  if (process.platform !== "linux") return undefined;
  for (const path of paths) {
    const fileSystem = SILENT.get(typeOf(path) ?? -1);
    if (fileSystem !== undefined) return { path, fileSystem };
  }
  return undefined;
}

/** What does not exist yet will be on the file system of the nearest directory that does. */
function typeOf(path: string): number | undefined {
  for (let at = path; ; at = dirname(at)) {
    try {
      return statfsSync(at).type >>> 0;
    } catch {
      if (at === dirname(at)) return undefined;
    }
  }
}
