import { homedir } from "node:os";
import { basename } from "node:path";
import type { KubeObject } from "../../apis/meta.ts";
import type { Dependency } from "../../apis/v1alpha1/index.ts";
import type { Paint } from "../cli/color.ts";
import { sanitize } from "../cli/sanitize.ts";
import { exportLine } from "../commands/kubeconfig.ts";
import type { AppliedObject } from "./apply.ts";
import type { Link } from "./links.ts";

export interface BlockContent {
  root: string;
  url: string;
  kubeconfig: string;
  /** What there is to say of the server: that it is somebody else's. */
  note: string | undefined;
  applied: readonly AppliedObject[];
  pruned: number;
  links: readonly Link[];
  keys: string | undefined;
}

const INDENT = 12;

/** All that one wants to know at the start, once. */
export function blockText(content: BlockContent, paint: Paint): string {
  const { root, url, kubeconfig, applied, links, keys } = content;
  const version = process.env["TILTISH_VERSION"] ?? "dev";
  const rows: [string, string[]][] = [
    ["API", [`${url}${content.note ? `  (${content.note})` : ""}`]],
    ["kubectl", [exportLine(kubeconfig)]],
    ["applied", [countsOf(content)]],
    ["runs", runLines(applied, paint)],
    ["links", links.map(({ name, url }) => `${name}  ${url}`)],
    ["keys", keys ? [keys] : []],
  ];
  const body = rows
    .filter(([, lines]) => lines.length)
    .flatMap(([title, lines]) =>
      lines.map((line, i) => `  ${(i === 0 ? title : "").padEnd(INDENT - 2)}${sanitize(line)}`),
    );
  const title = `${paint.bold(`tiltish ${version}`)} · ${basename(root)} (${tilde(root)})`;
  return `${[title, ...body].join("\n")}\n\n`;
}

/** What people call a session: its folder. */
export const nameOfInstance = ({ root }: { root: string }): string => basename(root) || root;

export const tilde = (path: string): string =>
  path === homedir() || path.startsWith(`${homedir()}/`) ? `~${path.slice(homedir().length)}` : path;

function countsOf({ applied, pruned }: BlockContent): string {
  const results = ["created", "configured", "unchanged"] as const;
  const counts = results.map((result) => ({
    result: result as string,
    count: applied.filter((one) => one.result === result).length,
  }));
  return [...counts, { result: "removed", count: pruned }]
    .filter(({ count }) => count > 0)
    .map(({ result, count }) => `${count} ${result}`)
    .join(", ");
}

/** `api  LocalResource  waits for db (Ready)` */
function runLines(applied: readonly AppliedObject[], paint: Paint): string[] {
  const shown = applied.filter(({ type }) => type.group === "tiltish.dev");
  const nameWidth = Math.max(0, ...shown.map(({ object }) => object.metadata.name.length));
  const kindWidth = Math.max(0, ...shown.map(({ type }) => type.kind.length));
  return shown.map(({ type, object }) => {
    const { name } = object.metadata;
    const cells = [paint.name(name, name.padEnd(nameWidth)), type.kind.padEnd(kindWidth), waitText(object)];
    return cells.join("  ").trimEnd();
  });
}

function waitText({ spec }: KubeObject): string {
  const {
    dependsOn = [],
    disabled,
    triggerMode,
  } = (spec ?? {}) as {
    dependsOn?: Partial<Dependency>[];
    disabled?: boolean;
    triggerMode?: string;
  };
  if (disabled) return "disabled";
  const others = dependsOn.map(({ name, condition = "Ready" }) => `${name} (${condition})`);
  if (others.length) return `waits for ${others.join(", ")}`;
  return triggerMode === "Manual" ? "runs when triggered" : "";
}
