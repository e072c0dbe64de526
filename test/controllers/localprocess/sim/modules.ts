import type { SimDisk } from "./disk.ts";
import type { SimKernel } from "./kernel.ts";

/** The machine on which the code under test runs now. */
export const machine: { kernel?: SimKernel; disk?: SimDisk } = {};

const disk = (): SimDisk => machine.disk!;
const isDirectory = { isDirectory: () => true, size: 0 };

/** Stands in for `node:fs`. */
export const fs = {
  readFileSync: (path: string, encoding?: string) =>
    encoding ? disk().read(path) : Buffer.from(disk().read(path)),
  readdirSync: (path: string) => disk().list(path),
  writeFileSync: (path: string, text: string) => disk().write(path, text),
  renameSync: (from: string, to: string) => disk().rename(from, to),
  rmdirSync: (path: string) => disk().remove(path),
  rmSync: (path: string) => disk().remove(path),
  mkdirSync: () => undefined,
  statSync: () => isDirectory,
  accessSync: () => undefined,
  constants: { X_OK: 1 },
};

/** Stands in for `node:fs/promises`. */
export const fsPromises = {
  mkdir: async () => undefined,
  readFile: async (path: string) => disk().read(path),
  readlink: async () => "",
  writeFile: async (path: string, text: string) => disk().write(path, text),
  readdir: async (path: string) => disk().list(path),
  rm: async (path: string) => disk().remove(path),
  stat: async () => isDirectory,
  open: async (path: string) => {
    disk().append(path, Buffer.alloc(0));
    return {
      appendFile: async (bytes: Uint8Array) => disk().append(path, bytes),
      close: async () => undefined,
    };
  },
};

/** Stands in for `node:child_process`: programs are started by the simulated kernel, named pipes there are none. */
export const childProcess = {
  spawn: (file: string, args: string[], { env }: { env: Record<string, string> }) =>
    machine.kernel!.spawn([file, ...args], env),
  execFile: (_file: string, _args: string[], done: (error: Error) => void) =>
    done(new Error("no named pipes")),
  spawnSync: () => ({ stdout: "" }),
};
