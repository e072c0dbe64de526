import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem, type } from "node:os";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

const TMPFS = 0x01021994;

/** Where and with what it was measured: figures mean nothing without. */
export function machineOf(): string[] {
  const [first, ...others] = cpus();
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GB`;
  const load = loadavg()[0]!.toFixed(1);
  return [
    `${new Date().toISOString().slice(0, 10)}; ${others.length + 1} × ${first!.model.trim()}, ${memory}; ${type()} ${release()}; load ${load} at the start`,
    `node ${process.version}; nodemon ${nodemon().version}; kubectl ${versionOf("kubectl")}; etcd ${versionOf("etcd")}`,
    ...(isInMemory()
      ? [`${tmpdir()} is in memory: durable writes are not measured. Set TMPDIR to a disk.`]
      : []),
  ];
}

export interface Program {
  path: string;
  version: string;
}

/** The development dependency. */
export function nodemon(): Program {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve("nodemon/package.json");
  const { version } = require("nodemon/package.json") as { version: string };
  return { path: join(dirname(manifest), "bin", "nodemon.js"), version };
}

/** The program of that name on PATH. */
export function onPath(name: string): string | undefined {
  const places = (process.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, name));
  return places.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const ASK: Record<string, string[]> = { kubectl: ["version", "--client"], etcd: ["--version"] };

function versionOf(name: string): string {
  const path = onPath(name);
  if (path === undefined) return "not found on PATH, so not compared";
  try {
    const said = execFileSync(path, ASK[name] ?? [], {
      encoding: "utf8",
      timeout: 10_000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return /\d+\.\d+\.\d+/.exec(said)?.[0] ?? "of an unknown version";
  } catch {
    return "of an unknown version";
  }
}

const isInMemory = (): boolean => statfsSync(tmpdir()).type === TMPFS;
