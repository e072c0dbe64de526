import { errno, type SimKernel } from "./kernel.ts";

/** The files that the server writes, and /proc: what takes the place of `node:fs` and `node:fs/promises`. */
export class SimDisk {
  readonly #files = new Map<string, string>();
  readonly #kernel: SimKernel;

  constructor(kernel: SimKernel) {
    this.#kernel = kernel;
  }

  get names(): string[] {
    return [...this.#files.keys()];
  }

  write(path: string, text: string): void {
    this.#kernel.onCall();
    if (!this.#kernel.isServerDead) this.#files.set(path, text);
  }

  rename(from: string, to: string): void {
    this.#kernel.onCall();
    const text = this.#files.get(from);
    if (text === undefined || this.#kernel.isServerDead) return;
    this.#files.delete(from);
    this.#files.set(to, text);
  }

  remove(path: string): void {
    this.#kernel.onCall();
    if (this.#kernel.isServerDead) return;
    for (const name of this.names) if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name);
  }

  read(path: string): string {
    const text = path.startsWith("/proc/")
      ? this.#kernel.readProc(path.slice("/proc/".length))
      : this.#files.get(path);
    if (text === undefined) throw errno("ENOENT");
    return text;
  }

  list(path: string): string[] {
    if (path === "/proc") return this.#kernel.listProc();
    return this.names
      .filter((name) => name.startsWith(`${path}/`))
      .map((name) => name.slice(path.length + 1));
  }

  append(path: string, bytes: Uint8Array): void {
    const text = this.#files.get(path) ?? "";
    if (!this.#kernel.isServerDead) this.#files.set(path, (text + Buffer.from(bytes).toString()).slice(-500));
  }
}
