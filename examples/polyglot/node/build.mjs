import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";

const { status } = spawnSync(process.execPath, ["--check", "server.mjs"], { stdio: "inherit" });
if (status !== 0) process.exit(1);
mkdirSync("dist", { recursive: true });
cpSync("server.mjs", "dist/server.mjs");
