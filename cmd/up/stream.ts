import { Gap } from "../connect/gap.ts";
import { say } from "../cli/io.ts";
import { followAll } from "./follow.ts";
import { followNews } from "./news.ts";
import { Screen, type ScreenOptions } from "./screen.ts";

export interface StreamOptions extends ScreenOptions {
  signal: AbortSignal;
}

const LINES_WHEN_JOINING = "10";

/** Shows the logs of everything, and a line for each run, until `signal` is aborted. */
export async function streamEverything(options: StreamOptions): Promise<void> {
  const { session, since, signal } = options;
  const types = await session.types();
  const screen = new Screen(options);
  const sinceMs = since === undefined ? Date.now() : Date.parse(since);
  const news = followNews({ session, signal, sinceMs, onNews: (one) => screen.news(one) });
  const follow = (plural: string) =>
    followAll({
      session,
      type: types.one(plural),
      signal,
      gap: new Gap(() => undefined),
      queryFor: (isNew) => {
        if (since !== undefined) return { sinceTime: since };
        return isNew ? {} : { tailLines: LINES_WHEN_JOINING };
      },
      onLine: (process, line) => screen.line(process, line),
      onChange: (change, process, isNew) => screen.change(change, process, isNew),
      onError: (process, error) => {
        say(`tiltish: no log of ${process.metadata.name}: ${error instanceof Error ? error.message : "?"}`);
      },
    });
  await Promise.all([news, ...["localprocesses", "dockerimages", "cfappsyncs", "k8sresources"].map(follow)]);
}
