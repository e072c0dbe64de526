// Bundles the `tiltish` binary into dist/: one entry, and a chunk for whatever a command loads lazily.
import { build } from "esbuild";
import { chmod, readFile } from "node:fs/promises";

const { version, dependencies } = JSON.parse(
  await readFile(new URL("../package.json", import.meta.url), "utf8"),
);
const root = new URL("..", import.meta.url).pathname;

await build({
  absWorkingDir: root,
  entryPoints: { tiltish: "cmd/tiltish.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  sourcemap: true,
  external: Object.keys(dependencies),
  define: { "process.env.TILTISH_VERSION": JSON.stringify(version) },
  banner: { js: "#!/usr/bin/env node" },
  logLevel: "warning",
});
await chmod(`${root}dist/tiltish.js`, 0o755);
