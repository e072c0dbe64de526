import type { Paint } from "../cli/color.ts";

/** Puts names before lines, aligned, each in its own colour. */
export class Prefixer {
  readonly #paint: Paint;
  #width = 0;

  constructor(paint: Paint, names: readonly string[] = []) {
    this.#paint = paint;
    for (const name of names) this.reserve(name);
  }

  /** Makes room for a name, so that lines that come before its own are aligned with it. */
  reserve(name: string): void {
    this.#width = Math.max(this.#width, Math.min(name.length, 24));
  }

  /** `api    │ text` */
  line(name: string, text: string): string {
    this.reserve(name);
    return `${this.#paint.name(name, `${name.padEnd(this.#width)} │`)} ${text}`;
  }
}
