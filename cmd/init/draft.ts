/** An object to be written, with a line that says what it is. */
export interface Draft {
  kind: "LocalResource" | "LocalProcess";
  name: string;
  comment: string;
  spec: object;
  labels?: Readonly<Record<string, string>>;
}

/** What was found, and what was not taken over, with why. */
export interface Found {
  drafts: readonly Draft[];
  skipped: readonly string[];
}

export const NOTHING: Found = { drafts: [], skipped: [] };

/** A valid name that comes as near as can be. */
export function validName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 50)
    .replace(/^-+|-+$/g, "");
  return name || "main";
}

/** What the shell alone understands. */
const SHELL = /[|&;<>()$`\\"'*?[\]#~%{}\n!]|^\w+=/;

/** The words of a command; a shell with it where only that understands it. */
export function argvOf(command: string): string[] {
  const text = command.trim();
  return SHELL.test(text) ? ["sh", "-c", text] : text.split(/\s+/);
}

/** Tools that look at the files themselves; running them again on a save would only be in their way. */
const WATCHERS =
  /\b(vite|next dev|nuxt dev|webpack(-dev-server| serve)|nodemon|tsx watch|--watch|--reload|runserver|watchexec|air|parcel|astro dev|ng serve|react-scripts start|flask.*--debug|entr)\b/;

export const watchesItself = (command: string): boolean => WATCHERS.test(command);

/** Everything that git keeps. */
export const watchAll = (hasGitignore: boolean) => ({
  paths: ["."],
  ...(hasGitignore && { ignoreFiles: [".gitignore"] }),
});

/** A server that is run again on a save, and when it fails. */
export function serverDraft(
  name: string,
  command: string,
  { comment, hasGitignore, more = {} }: { comment: string; hasGitignore: boolean; more?: object },
): Draft {
  const usesPort = /\$\{?PORT\b/.test(command);
  return {
    kind: "LocalResource",
    name: validName(name),
    comment,
    spec: {
      ...(!watchesItself(command) && { watch: watchAll(hasGitignore) }),
      ...more,
      serveTemplate: {
        argv: argvOf(command),
        restartPolicy: "OnFailure",
        ...(usesPort && { ports: [{ name: "http" }], env: { PORT: "$(port:http)" } }),
      },
      ...(usesPort && { links: [{ url: "http://localhost:$(port:http)" }] }),
    },
  };
}

/** Something to be run by hand: `tiltish trigger NAME`. */
export const manualDraft = (name: string, command: string, comment: string): Draft => ({
  kind: "LocalResource",
  name: validName(name),
  comment: `${comment} Runs when asked: tiltish trigger ${validName(name)}`,
  spec: { triggerMode: "Manual", initialRun: false, buildTemplate: { argv: argvOf(command) } },
});
