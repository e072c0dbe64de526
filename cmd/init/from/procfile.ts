import { argvOf, serverDraft, validName, type Draft, type Found } from "../draft.ts";

const LINE = /^([A-Za-z0-9_-]+):\s*(.+)$/;

/** A Procfile: `name: command`. `release` is run once, before all others. */
export function fromProcfile(text: string, hasGitignore: boolean): Found {
  const skipped: string[] = [];
  const lines = text.split("\n").flatMap((line, i) => {
    const [, name, command] = LINE.exec(line.trim()) ?? [];
    if (name && command) return [{ name, command }];
    if (line.trim() && !line.trim().startsWith("#")) skipped.push(`line ${i + 1}: is no "name: command"`);
    return [];
  });
  const hasRelease = lines.some(({ name }) => name === "release");
  const drafts = lines.map(({ name, command }): Draft => {
    if (name === "release") return job(name, command);
    const more = hasRelease
      ? { dependsOn: [{ kind: "LocalProcess", name: "release", condition: "Completed" }] }
      : {};
    return serverDraft(name, command, { comment: `Procfile: ${name}`, hasGitignore, more });
  });
  return { drafts, skipped };
}

const job = (name: string, command: string): Draft => ({
  kind: "LocalProcess",
  name: validName(name),
  comment: `Procfile: ${name}, once, before the others.`,
  spec: { argv: argvOf(command), restartPolicy: "Never" },
});
