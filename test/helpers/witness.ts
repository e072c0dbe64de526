import type { CoreV1Api, V1ConfigMap } from "@kubernetes/client-node";

/** What a leader did, in the order in which it happened. */
export interface Deed {
  term: number;
  identity: string;
}

const where = { namespace: "default", name: "witness" };

/** A log that only a leader writes, and to which nobody can write who has been replaced. */
export class Witness {
  readonly #core: CoreV1Api;

  constructor(core: CoreV1Api) {
    this.#core = core;
  }

  async create(): Promise<void> {
    await this.#core.createNamespacedConfigMap({
      namespace: "default",
      body: { metadata: { name: where.name }, data: { log: "" } },
    });
  }

  async read(): Promise<Deed[]> {
    return deedsOf(await this.#core.readNamespacedConfigMap(where));
  }

  /** False if someone of a later term has been there, or has come in between. */
  async write(deed: Deed): Promise<boolean> {
    const read = await this.#core.readNamespacedConfigMap(where);
    if ((deedsOf(read).at(-1)?.term ?? -1) > deed.term) return false;
    const log = `${read.data?.["log"] ?? ""}${deed.term} ${deed.identity}\n`;
    try {
      await this.#core.replaceNamespacedConfigMap({
        ...where,
        body: { metadata: read.metadata, data: { log } },
      });
      return true;
    } catch (error) {
      if ((error as { code?: number }).code === 409) return false;
      throw error;
    }
  }
}

const deedsOf = ({ data }: V1ConfigMap): Deed[] =>
  (data?.["log"] ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [term, identity] = line.split(" ");
      return { term: Number(term), identity: identity! };
    });
