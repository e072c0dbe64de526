import { unwatchFile, watchFile } from "node:fs";

const LOOK_EVERY_MS = 1_000;

/** Tells when kubeconfigs are written, appear or go: by looking, for tools replace them, and there may be none yet. */
export class FileChanges {
  readonly #onChange: () => void;
  #files: readonly string[] = [];

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  watch(files: readonly string[]): void {
    if (files.join("\0") === this.#files.join("\0")) return;
    this.close();
    this.#files = files;
    for (const file of files) watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, this.#tell);
  }

  close(): void {
    for (const file of this.#files) unwatchFile(file, this.#tell);
    this.#files = [];
  }

  readonly #tell = (
    now: { mtimeMs: number; ino: number },
    before: { mtimeMs: number; ino: number },
  ): void => {
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) this.#onChange();
  };
}
