// Holds the import rule: which folder may import which. Fails if it sees too few modules to have looked at all.
import { cruise } from "dependency-cruiser";
import { fileURLToPath } from "node:url";

const FOLDERS = ["apis", "server", "client", "controllers", "fastpush", "sandbox", "cmd", "bench"];
const OURS = "^(apis|server|client|controllers|fastpush|sandbox|web|cmd|test|bench)/";
const MIN_MODULES = 300;

const only = (name, from, to) => ({
  name,
  severity: "error",
  from: { path: from },
  to: { path: OURS, pathNot: to },
});

const rules = [
  only("apis-imports-nothing-of-ours", "^apis/", ["^apis/"]),
  only("server-imports-apis", "^server/", ["^apis/", "^server/"]),
  only("client-imports-apis", "^client/", ["^apis/", "^client/"]),
  only("runtime-imports-client-and-apis", "^controllers/runtime/", [
    "^apis/",
    "^client/",
    "^controllers/runtime/",
  ]),
  only("the-sync-engine-stands-alone", "^controllers/sync/", ["^controllers/sync/"]),
  only("controllers-meet-only-through-objects", "^controllers/([^/]+)/", [
    "^apis/",
    "^client/",
    "^controllers/(runtime|sync)/",
    "^controllers/$1/",
  ]),
  only("fastpush-runs-in-anybodys-container", "^fastpush/", ["^apis/(fastpush|regexp)", "^fastpush/"]),
  only("sandbox-is-a-foundation-of-its-own", "^sandbox/", ["^apis/", "^sandbox/"]),
  only("cmd-imports-no-tests", "^(cmd|bench)/", [
    "^apis/",
    "^client/",
    "^server/",
    "^controllers/",
    "^fastpush/",
    "^sandbox/",
    "^cmd/",
    "^bench/",
  ]),
  {
    name: "no-cycles",
    severity: "error",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "a-folder-is-entered-by-its-index",
    severity: "error",
    from: { path: "^(server|client|controllers/[^/]+|fastpush|sandbox|cmd)/" },
    to: {
      path: "^(server|client|controllers/[^/]+|fastpush|sandbox)/",
      pathNot: [
        "^$1/",
        "^[^/]+/index[.]ts$",
        "^controllers/[^/]+/index[.]ts$",
        "^client/http/index[.]ts$",
        "^controllers/localprocess/guard[.]ts$",
        "^server/auth/tokens/index[.]ts$",
      ],
    },
  },
];

const root = fileURLToPath(new URL("..", import.meta.url));
const { output } = await cruise(
  FOLDERS,
  {
    baseDir: root,
    ruleSet: { forbidden: rules },
    validate: true,
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js"] },
  },
  undefined,
  { tsConfig: undefined },
);
const { violations, totalCruised } = output.summary;
for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} → ${to}`);
if (totalCruised < MIN_MODULES)
  console.error(`only ${totalCruised} modules were looked at; expected ${MIN_MODULES}`);
else console.log(`import rule: ${totalCruised} modules, ${violations.length} violations`);
process.exit(violations.length > 0 || totalCruised < MIN_MODULES ? 1 : 0);
