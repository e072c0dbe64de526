import type { KubeObject } from "../../apis/meta.ts";
import { paintFor, wantsColor, type Paint } from "../cli/color.ts";
import { outLine } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Session } from "../connect/session.ts";
import { shownText, type LogLine } from "../logs/line.ts";
import { labelOf } from "../logs/owners.ts";
import { Prefixer } from "../logs/prefix.ts";
import { clockTime } from "../print/clock.ts";
import { linksIn, portsIn, withPorts } from "./links.ts";
import type { News } from "./news.ts";
import { RunRules } from "./rules.ts";
import type { AppliedObject } from "./apply.ts";

export interface ScreenOptions {
  session: Session;
  applied: readonly AppliedObject[];
  /** RFC 3339: what was written before is not shown. Absent: the last lines. */
  since?: string;
  timestamps: boolean;
}

/** What the supervisor notes in the log of a process, and a rule says better. */
const TOLD_BY_RULE = /^\[tiltish\] (ready|exited with code \d+|ended by SIG\w+)$/;

/** What a sync notes in its log is shown as news. */
const isNews = ({ kind }: KubeObject, text: string): boolean =>
  kind === "CFAppSync" && text.startsWith("[tiltish] ");

/** Shows the lines of all processes, with their names before them, and a line for each run. */
export class Screen {
  readonly #options: ScreenOptions;
  readonly #colors = wantsColor(process.stdout);
  readonly #paint: Paint = paintFor(this.#colors);
  readonly #prefixer: Prefixer;
  readonly #rules = new RunRules();
  readonly #seen = new Set<string>();

  constructor(options: ScreenOptions) {
    this.#options = options;
    const running = options.applied.filter(({ type }) => /^Local(Process|Resource)$/.test(type.kind));
    this.#prefixer = new Prefixer(
      this.#paint,
      running.map(({ object }) => object.metadata.name),
    );
  }

  line(process: KubeObject, { time, text }: LogLine): void {
    if (TOLD_BY_RULE.test(text) || isNews(process, text)) return;
    const shown = shownText(text, this.#colors);
    const stamped = this.#options.timestamps ? `${this.#paint.dim(clockTime(time))} ${shown}` : shown;
    outLine(this.#prefixer.line(this.#labelOf(process), stamped));
  }

  change(change: "ADDED" | "MODIFIED" | "DELETED", process: KubeObject, isNew: boolean): void {
    const uid = process.metadata.uid ?? "";
    if (change === "DELETED") return this.#rules.forget(process);
    const isFirst = !this.#seen.has(uid);
    this.#seen.add(uid);
    if (isFirst && !this.#isNews(process, isNew)) return this.#rules.skip(process);
    const rule = this.#rules.tell(process, isFirst);
    if (rule !== undefined) outLine(this.#rule(process, rule));
  }

  /** `── shop · 1 file in 293ms: revision 1, pid 11313 ──` */
  news({ name, namespace, text }: News): void {
    const label = namespace === this.#options.session.namespace ? name : `${namespace}/${name}`;
    outLine(this.#paint.name(label, `── ${label} · ${text} ──`));
  }

  /** Joining, what was there already is no news; a server that we have just started runs it anew. */
  #isNews({ status }: KubeObject, isNew: boolean): boolean {
    const { since } = this.#options;
    const { startTime } = (status ?? {}) as { startTime?: string };
    return since === undefined ? isNew : startTime === undefined || startTime >= since;
  }

  /** `── api run 7 · src/a.ts saved · ready in 412 ms ──` */
  #rule(process: KubeObject, text: string): string {
    const { ready } = (process.status ?? {}) as { ready?: boolean };
    const links = ready ? this.#linksOf(process) : [];
    const line = `── ${[sanitize(text), ...links].join(" · ")} ──`;
    return this.#paint.name(labelOf(process), line);
  }

  #linksOf(process: KubeObject): string[] {
    const owner = this.#options.applied.find(
      ({ type, object }) => type.kind === "LocalResource" && object.metadata.name === labelOf(process),
    );
    const links = owner && process.metadata.name.endsWith("-serve") ? linksIn(owner.object) : [];
    return links.map((link) => sanitize(withPorts(link, portsIn(process)).url));
  }

  #labelOf(process: KubeObject): string {
    const { namespace = "" } = process.metadata;
    const label = labelOf(process);
    return namespace === this.#options.session.namespace ? label : `${namespace}/${label}`;
  }
}
