import { statfsSync } from "node:fs";

/** File systems whose changes by others the kernel does not report: magic numbers of statfs(2). */
const SILENT = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x517b, "SMB"],
  [0x01021997, "9p"],
  [0x53464846, "drvfs"],
  [0x786f4256, "vboxsf"],
  [0x00c36400, "Ceph"],
  [0x5346414f, "AFS"],
]);

/** Name of the file system if it sends no events, else nothing. */
export function silentFileSystem(path: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return SILENT.get(statfsSync(path).type >>> 0);
  } catch {
    return undefined;
  }
}
