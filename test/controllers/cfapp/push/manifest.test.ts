import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect } from "vitest";
import type { PushRequest } from "../../../../controllers/cfapp/push/index.ts";
import type { Rig } from "../../../sandbox/fixture.ts";
import { push, test } from "./fixture.ts";

const FILES = { "hello.txt": "hello\n" };

async function withManifest(rig: Rig, text: string, more: Partial<PushRequest> = {}) {
  const manifest = join(rig.home, "manifest.yml");
  await writeFile(manifest, text);
  return push(rig, FILES, { manifest, ...more });
}

describe("a manifest", () => {
  test("says how many instances there are, what they run, and how they are told", async ({ rig }) => {
    const { appGuid } = await withManifest(
      rig,
      `defaults: &defaults {memory: 64M}
applications:
- name: other
- name: web
  <<: *defaults
  path: ../somewhere
  command: env; exec sleep 1000
  instances: 2
  health-check-type: http
  health-check-http-endpoint: /health
  env: {GREETING: hi}
  routes: [{route: web.example.com}]
`,
    );
    expect(rig.app.instances).toHaveLength(2);
    await expect.poll(() => rig.app.instances[1]!.output).toContain("GREETING=hi");
    expect(await rig.cc.routes(appGuid)).toEqual(["web.example.com"]);
    const { memory_in_mb, health_check } = await rig.cc.get<Record<string, object>>(
      `/v3/apps/${appGuid}/processes/web`,
    );
    expect({ memory_in_mb, type: health_check }).toMatchObject({
      memory_in_mb: 64,
      type: { type: "process" },
    });
  });

  test("may have variables: those of the spec come before those of files, the last file before the first", async ({
    rig,
  }) => {
    const varsFiles = [join(rig.home, "a.yml"), join(rig.home, "b.yml")];
    await writeFile(varsFiles[0]!, "count: 1\nword: a\nnested: {deep: x}\n");
    await writeFile(varsFiles[1]!, '{"word": "b", "other": "c"}');
    const text = `applications:
- name: web
  instances: ((count))
  command: "echo ((word))-((other))-((nested.deep)); exec sleep 1000"
`;
    await withManifest(rig, text, { varsFiles, vars: { other: "d" } });
    await expect.poll(() => rig.app.instances[0]!.output).toBe("b-d-x\n");
    expect(rig.app.instances).toHaveLength(1);
  });

  test.for([
    [
      "applications:\n- name: web\n  command: ((none)) ((either))\n",
      "variables without a value: none, either",
    ],
    ["applications:\n- name: other\n", "has no application web, but other"],
    ["applications: 3\n", "no list of applications"],
    ["a: [", "manifest.yml: "],
    ["applications:\n- name: web\n  docker: {image: x}\n", "docker app"],
    ["applications:\n- name: web\n  memory: much\n", "Memory must use a supported unit"],
  ] as const)("that is of no use is told so, and nothing is made: %j", async ([text, message], { rig }) => {
    await expect(withManifest(rig, text)).rejects.toMatchObject({
      name: "PushError",
      step: "manifest",
      message: expect.stringContaining(message) as string,
    });
    expect(rig.app.found).toBeUndefined();
  });

  test("or a file of variables that is no YAML is told of with its line, and without a word of it", async ({
    rig,
  }) => {
    const file = join(rig.home, "vars.yml");
    const broken = 'user: me\npassword: "s3cretHUNTER2\nhost: h\n';
    const wrong = [broken, "password: *s3cret\n", "password: s3cret: 1\n", "- s3cret\n", "%s3cret\n--- {\n"];
    const messages: string[] = [];
    for (const text of wrong) {
      await writeFile(file, text);
      for (const told of [
        () => push(rig, FILES, { varsFiles: [file], manifest: "unread.yml" }),
        () => withManifest(rig, text),
      ])
        await told().catch((error: Error) => messages.push(inspect(error, { depth: Infinity })));
    }
    expect(messages).toHaveLength(2 * wrong.length);
    expect(messages.join("\n")).not.toContain("s3cret");
    expect(messages[1]).toMatch(/manifest\.yml: it is no YAML: MISSING_CHAR at line \d/);
    expect(messages[0]).toMatch(/vars\.yml cannot be read: it is no YAML: MISSING_CHAR at line \d/);
  });

  test("that is not there is told so", async ({ rig }) => {
    await expect(push(rig, FILES, { manifest: "/nowhere.yml" })).rejects.toThrow("there is no /nowhere.yml");
  });
});
