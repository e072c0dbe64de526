import type { Command } from "./commands.ts";

/** What must be in the end: `either` where what people asked for can be read in two ways. */
export type Wish = "run" | "rest" | "disabled" | "gone" | "either";

/**
 * What people may expect, from what they did alone. Commands that the controller sees at once have no order for it but
 * this: a request comes before a change, and of two requests only the newer is there.
 */
export class Expectation {
  wish: Wish = "gone";
  /** The input of the run that is wanted; undefined if it cannot be told. */
  input: { value: string | undefined } | undefined;
  /** So many starts must have been tried in the end. */
  attempts = 0;
  #initialRun = true;
  #isDisabled = false;
  /** What the wish was when the controller last saw all. */
  #seenWish: Wish = "gone";
  /** What was done since the controller has last seen all. */
  #unseen = new Set<string>();

  /** The controller has had time to see everything. */
  seen(): void {
    this.#unseen.clear();
    this.#seenWish = this.wish;
  }

  /** @param attempts - So many starts were tried before it. */
  note(command: Command, attempts: number): void {
    const key = command.does === "ask" ? command.type : command.does;
    this.#apply(command, attempts);
    this.#unseen.add(key);
    if (this.#wasDone("crashAfter")) this.input = undefined; // when it comes is open
  }

  #apply(command: Command, attempts: number): void {
    if (command.does === "create") return this.#create(command.initialRun);
    if (this.wish === "gone") return;
    switch (command.does) {
      case "delete":
      case "purge":
        this.wish = "gone";
        return;
      case "disable":
        this.#isDisabled = true;
        this.wish = "disabled";
        return;
      case "enable":
        return this.#enable();
      case "ask":
        return this.#ask(command, attempts);
      case "spec":
        return this.#change(command);
      case "crash":
      case "crashAfter":
        return this.#crash();
    }
  }

  #create(initialRun: boolean): void {
    if (this.wish !== "gone") return;
    this.#initialRun = initialRun;
    this.#isDisabled = false;
    this.#unseen.clear();
    this.#demand(initialRun ? "run" : "rest");
  }

  #enable(): void {
    if (!this.#isDisabled) return;
    this.#isDisabled = false;
    // It may never have been seen disabled, and goes on as if nothing had been.
    const isUnclear = this.#wasDone("disable", "Trigger", "Restart", "Stop", "Cancel");
    this.#demand(isUnclear ? "either" : this.#initialRun ? "run" : "rest");
  }

  #ask({ type, input }: Extract<Command, { does: "ask" }>, attempts: number): void {
    if (this.#isDisabled) return;
    if (this.#wasDone("disable", "enable")) return this.#demand("either");
    if (type === "Cancel") return this.#demand("either");
    if (type === "Stop") return this.#demand("rest");
    this.#demand("run");
    this.input = { value: input };
    this.attempts = attempts + 1;
  }

  #change({ change }: Extract<Command, { does: "spec" }>): void {
    const isExecuted = ["argv", "env", "startupProbe", "livenessProbe"].some((field) => field in change);
    const { wish } = this;
    // An edit that the next server finds may have been of anything: it runs then.
    const isUnclear = wish === "rest" || !this.#initialRun;
    if (this.#wasDone("crash", "crashAfter") && isUnclear && wish !== "disabled") this.#demand("either");
    // A policy under which what has ended would not have ended starts it, and nobody's inputs go with that.
    if ("restartPolicy" in change || "maxRestarts" in change) this.input = undefined;
    if (!isExecuted || this.#isDisabled) return;
    if (this.#wasDone("Trigger", "Restart", "Stop", "Cancel", "enable")) {
      this.input = undefined;
      this.wish = wish === "run" && this.#initialRun ? "run" : "either";
      return;
    }
    // One change may take back another that nobody has seen: then there was none.
    if (this.#wasDone("spec") && this.#seenWish !== "run") return this.#demand("either");
    this.#demand(this.#initialRun ? "run" : "rest");
    if (!this.#initialRun && this.#wasDone("spec", "crash", "crashAfter")) this.wish = "either";
  }

  /** What ran is run again, but its inputs were for that one run. */
  #crash(): void {
    this.input = undefined;
    if (this.wish === "rest" && this.#wasDone("spec")) this.wish = "either";
    // How a run ended that ended just then nobody knows, and nobody has asked for another.
    if (this.wish === "run" && !this.#initialRun) this.wish = "either";
  }

  #demand(wish: Wish): void {
    this.wish = wish;
    this.input = undefined;
    this.attempts = 0;
  }

  #wasDone(...keys: string[]): boolean {
    return keys.some((key) => this.#unseen.has(key));
  }
}
