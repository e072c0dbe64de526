import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";

/** Does what a buildpack does: finds out what to run, and leaves files of its own beside those of the app. */
export async function stage(source: string, droplet: string): Promise<Record<string, string>> {
  const app = join(droplet, "app");
  await mkdir(join(droplet, "deps/0"), { recursive: true });
  await mkdir(app, { recursive: true });
  await copy(source, app);
  await mkdir(join(app, ".profile.d"), { recursive: true });
  await writeFile(join(app, ".profile.d/000_buildpack.sh"), "export SANDBOX_BUILDPACK=1\n");
  return processTypesOf(app);
}

async function processTypesOf(app: string): Promise<Record<string, string>> {
  const procfile = join(app, "Procfile");
  if (existsSync(procfile)) return commandsIn(await readFile(procfile, "utf8"));
  const manifest = join(app, "package.json");
  if (!existsSync(manifest)) return {};
  const { scripts } = JSON.parse(await readFile(manifest, "utf8")) as { scripts?: { start?: string } };
  return scripts?.start ? { web: "npm start" } : {};
}

function commandsIn(procfile: string): Record<string, string> {
  const fields = (parse(procfile) ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(fields).filter((one): one is [string, string] => typeof one[1] === "string"),
  );
}

async function copy(from: string, to: string): Promise<void> {
  const child = spawn("cp", ["-a", `${from}/.`, to], { stdio: "ignore" });
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error("the package cannot be copied");
}
