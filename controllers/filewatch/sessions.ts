import type { NamespacedName } from "../../apis/meta.ts";
import { keyOf } from "../../client/index.ts";
import type { Source } from "../runtime/index.ts";
import type { ChooseWatcher } from "./engine/monitor.ts";
import { WatchSession } from "./session.ts";

export interface SessionsOptions {
  readonly chooseWatcher?: ChooseWatcher;
  error(request: NamespacedName, error: unknown): void;
}

/** One session for each FileWatch that is not disabled. They end with the subscription of the controller. */
export class Sessions implements Source {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, { request: NamespacedName; session: WatchSession }>();
  #wake: (request: NamespacedName) => void = () => undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  subscribe(wake: (request: NamespacedName) => void): () => void {
    this.#wake = wake;
    return () => {
      for (const { request } of this.#sessions.values()) this.close(request);
    };
  }

  get(request: NamespacedName): WatchSession | undefined {
    return this.#sessions.get(keyOf(request))?.session;
  }

  ensure(request: NamespacedName): WatchSession {
    return this.get(request) ?? this.#add(request);
  }

  close(request: NamespacedName): void {
    this.get(request)?.close();
    this.#sessions.delete(keyOf(request));
  }

  in(namespace: string): NamespacedName[] {
    return [...this.#sessions.values()].flatMap(({ request }) =>
      request.namespace === namespace ? [request] : [],
    );
  }

  #add(request: NamespacedName): WatchSession {
    const session = new WatchSession({
      wake: () => this.#wake(request),
      error: (error) => this.#options.error(request, error),
      chooseWatcher: this.#options.chooseWatcher,
    });
    this.#sessions.set(keyOf(request), { request, session });
    return session;
  }
}
