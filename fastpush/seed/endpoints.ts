import { RefusedPathError } from "../files/names.ts";
import { bodyOf, TooLargeError } from "../http/body.ts";
import { type Exchange, sendJson, sendText } from "../http/answer.ts";
import { encode, encodeSorted } from "./encode.ts";
import { uploadOf } from "./entries.ts";
import type { SeedListing } from "./listing.ts";
import type { RestartRule } from "./restart-rule.ts";
import { writeKey, type WritePlaces } from "./write.ts";

export interface SeedOptions {
  readonly listing: SeedListing;
  readonly places: WritePlaces;
  readonly rule: RestartRule;
  readonly maxBodyBytes: number;
  /** Resolves when the former process is gone and the next has been started. */
  readonly restart: () => Promise<unknown>;
  readonly log: (line: string) => void;
}

const health = (text: string): string => encode({ Health: text });

/** The endpoints of the original, one request at a time. */
export class SeedEndpoints {
  readonly #options: SeedOptions;

  constructor(options: SeedOptions) {
    this.#options = options;
  }

  /** `GET /files` */
  async list({ response }: Exchange): Promise<void> {
    sendJson(response, encodeSorted(await this.#options.listing.entries()));
  }

  /** `PUT /files` */
  async upload({ request, response }: Exchange): Promise<void> {
    const { contents, bad, problem } = uploadOf(await bodyOf(request, this.#options.maxBodyBytes));
    const outcome = health(await this.#apply(contents, bad.length));
    if (problem === undefined) sendJson(response, outcome);
    else sendText(response, 400, `${problem}\n${outcome}`);
  }

  /** `POST /restart` */
  async restart({ response }: Exchange): Promise<void> {
    await this.#options.restart();
    sendJson(response, health("Restarting"));
  }

  /** `GET /status`: it tells that this answers, whatever the app does. */
  status({ response }: Exchange): void {
    sendJson(response, health("Running"));
  }

  async #apply(contents: ReadonlyMap<string, Buffer>, bad: number): Promise<string> {
    let [failed, updated, isRestarting] = [bad, 0, false];
    for (const [key, content] of contents) {
      const problem = await this.#write(key, content);
      if (problem === undefined) updated++;
      else failed++;
      if (problem === undefined) isRestarting ||= this.#options.rule.needsRestart(key);
      else this.#options.log(`${JSON.stringify(key)} is not written: ${problem}`);
    }
    if (isRestarting) await this.#options.restart();
    if (failed > 0) return `Failed to update ${failed} files`;
    return isRestarting
      ? `Restarting after updating ${updated} files`
      : `Updated ${updated} files without restart`;
  }

  /** Undefined if it is written. */
  async #write(key: string, content: Buffer): Promise<string | undefined> {
    try {
      return await writeKey(this.#options.places, key, content).then(() => undefined);
    } catch (error) {
      if (error instanceof RefusedPathError) return `it ${error.message}`;
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }
}

export const isTooLarge = (error: unknown): error is TooLargeError => error instanceof TooLargeError;
