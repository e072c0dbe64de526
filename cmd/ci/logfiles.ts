import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "../../apis/meta.ts";
import { failure } from "../cli/errors.ts";
import { isOwned } from "../graph/model.ts";
import type { LogLine } from "../logs/line.ts";
import { labelOf } from "../logs/owners.ts";
import type { LogSink } from "./stream.ts";

/** Writes one file for each resource, build and server together, with the time of each line. */
export class LogFiles implements LogSink {
  readonly #directory: string;
  readonly #files = new Map<string, number>();
  readonly #resources: ReadonlySet<string>;

  /** @param resources - Names of LocalResources: a LocalProcess of the same name gets another file. */
  constructor(directory: string, resources: ReadonlySet<string>) {
    try {
      mkdirSync(directory, { recursive: true });
    } catch (cause) {
      throw failure(`--log-dir ${directory}: ${(cause as Error).message}`);
    }
    this.#directory = directory;
    this.#resources = resources;
  }

  line(process: KubeObject, { time, text }: LogLine): void {
    writeSync(this.#fileOf(process), `${time} ${partOf(process)}${text}\n`);
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }

  #fileOf(process: KubeObject): number {
    const name = this.#nameOf(process);
    const open = this.#files.get(name) ?? openSync(join(this.#directory, `${name}.log`), "w");
    this.#files.set(name, open);
    return open;
  }

  #nameOf(process: KubeObject): string {
    const label = labelOf(process);
    return !isOwned(process) && this.#resources.has(label) ? `${label}.localprocess` : label;
  }
}

/** `[build] `, of what belongs to a LocalResource. */
const partOf = ({ metadata }: KubeObject): string => {
  const part = /-(build|serve)$/.exec(metadata.name)?.[1];
  return part && isOwned({ metadata } as KubeObject) ? `[${part}] ` : "";
};
