// Bundles the `tiltish` binary into dist/: one entry, a chunk for whatever a command loads lazily, and, for what must
// start fastest, one file of its own.
import { build } from "esbuild";
import { chmod, cp, readFile, rm } from "node:fs/promises";

const { version, dependencies } = JSON.parse(
  await readFile(new URL("../package.json", import.meta.url), "utf8"),
);
const root = new URL("..", import.meta.url).pathname;
const common = {
  absWorkingDir: root,
  outdir: "dist",
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  sourcemap: true,
  define: { "process.env.TILTISH_VERSION": JSON.stringify(version) },
  logLevel: "warning",
};
/** Keeps `cmd/quick.ts` out of the chunks: it is built below, into a single file. */
const quickApart = {
  name: "quick",
  setup: (builder) =>
    builder.onResolve({ filter: /^\.\/quick\.ts$/ }, () => ({ path: "./quick.js", external: true })),
};

await rm(`${root}dist`, { recursive: true, force: true });
await build({
  ...common,
  entryPoints: { tiltish: "cmd/tiltish.ts" },
  splitting: true,
  external: Object.keys(dependencies),
  banner: { js: "#!/usr/bin/env node" },
  plugins: [quickApart],
});
await build({
  ...common,
  entryPoints: { quick: "cmd/quick.ts" },
  // What `get` never reaches; the other commands have it in their own chunks.
  external: [...Object.keys(dependencies), "../../commands/*", "../manifests/*"],
});
await chmod(`${root}dist/tiltish.js`, 0o755);
// What runs in a container is read from beside the code that sends it there.
const remote = `${root}controllers/cfapp/remote/`;
await cp(`${remote}agent`, `${root}dist/agent`, { recursive: true });
await cp(`${remote}supervisor.pl`, `${root}dist/supervisor.pl`);
