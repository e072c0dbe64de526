import { stripVTControlCharacters } from "node:util";

const LINES = 20;
const LONGEST = 16 * 1024;

/** Keeps the last lines of an output: often all that one needs to mend what went wrong. */
export class Tail {
  #text = "";

  push(text: string | Buffer): void {
    this.#text = `${this.#text}${text.toString()}`.slice(-LONGEST);
  }

  /** A message, and the lines below it. */
  after(message: string): string {
    const lines = stripVTControlCharacters(this.#text).trimEnd().split("\n").slice(-LINES);
    return [message, ...lines].join("\n").trimEnd();
  }
}
