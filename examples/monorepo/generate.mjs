// Writes packages/ and tiltish.yaml: 40 packages in four layers, each built upon two of the layer below.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LAYERS = {
  lib: "text money time units color geo hash log retry cache queue rules",
  feature:
    "cart search login profile reviews wishlist coupons gifts orders returns stock labels routes invoices taxes refunds alerts reports exports audit",
  service: "shop account warehouse billing",
  app: "web mobile backoffice partners",
};
const TEAMS = ["buy", "trust", "ship", "pay"];
const SERVED = new Set(["service", "app"]);

const target = process.argv[2] ?? import.meta.dirname;

const layers = Object.entries(LAYERS).map(([layer, names]) =>
  names.split(" ").map((name) => `${layer}-${name}`),
);
const packages = layers.flatMap((names, depth) => names.map((name, at) => packageOf(name, depth, at)));

function packageOf(name, depth, at) {
  const below = layers[depth - 1] ?? [];
  const dependencies = below.length > 0 ? [below[at % below.length], below[(at * 5 + 1) % below.length]] : [];
  const share = Math.floor((at * TEAMS.length) / layers[depth].length);
  return {
    name,
    layer: name.split("-")[0],
    team: TEAMS[share],
    dependencies: [...new Set(dependencies)].toSorted(),
  };
}

const variable = (name) => name.replace(/-(.)/, (_, letter) => letter.toUpperCase());

const source = ({ name, dependencies }) => `${dependencies
  .map((other) => `import * as ${variable(other)} from "./${other}.mjs";\n`)
  .join("")}${dependencies.length > 0 ? "\n" : ""}export const name = "${name}";
export const version = 1;
export const parts = [${dependencies.map(variable).join(", ")}];
`;

const manifest = ({ name, layer, team, dependencies }) => `---
apiVersion: tiltish.dev/v1alpha1
kind: LocalResource
metadata:
  name: ${name}
  labels: { layer: ${layer}, team: ${team} }
spec:
  watch:
    paths: [packages/${name}]
  buildTemplate:
    argv: [node, build.mjs, ${name}]
  allowParallel: true
${SERVED.has(layer) ? serving(name) : ""}${dependencies.length > 0 ? dependsOn(dependencies) : ""}`;

const serving = (name) => `  serveTemplate:
    argv: [node, serve.mjs, ${name}, $(port:http)]
    ports: [{ name: http }]
    readinessProbe:
      httpGet: { path: /, port: http }
  links:
    - { name: ${name}, url: "http://localhost:$(port:http)" }
`;

const dependsOn = (names) => `  dependsOn:
${names.map((name) => `    - { kind: LocalResource, name: ${name}, onChange: Restart }\n`).join("")}`;

const HEAD = `# yaml-language-server: $schema=../../schema/all.json
# Written by generate.mjs.
`;

rmSync(join(target, "packages"), { recursive: true, force: true });
for (const each of packages) {
  const directory = join(target, "packages", each.name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "index.mjs"), source(each));
}
writeFileSync(join(target, "tiltish.yaml"), HEAD + packages.map(manifest).join(""));
console.log(`${packages.length} packages`);
