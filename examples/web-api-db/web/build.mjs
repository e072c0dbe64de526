// Stands for your bundler: checks the page, and puts it where it is served from.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";

const { status } = spawnSync(process.execPath, ["--check", "web/server.mjs"], { stdio: "inherit" });
if (status !== 0) process.exit(1);
mkdirSync("dist", { recursive: true });
cpSync("web/server.mjs", "dist/server.mjs");
console.log("built web/server.mjs");
