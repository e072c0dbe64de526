import { isReason } from "../../apis/errors.ts";
import { EXIT, usageError } from "../cli/errors.ts";
import { out, say } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { requestOf, show, type Request } from "../get/show.ts";
import { select, typeWords, type Selection } from "../resources/select.ts";

/** `tiltish get`: as kubectl, plus a watch on several kinds at once. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, args } = invocation;
  const session = await connect(options);
  const raw = options.text("raw");
  if (raw !== undefined) {
    const { body } = await session.transport.request("GET", raw.startsWith("/") ? raw : `/${raw}`);
    out(body.toString("utf8"));
    return EXIT.ok;
  }
  if (options.has("filename"))
    return showSelected(invocation, session, await selectionsInFiles(invocation, session));
  const likely = await session.likelyTypes(typeWords(args));
  try {
    return await showSelected(invocation, session, select(likely, args));
  } catch (error) {
    // What was remembered may be served no more, or in another version: kinds come and go.
    if (!isReason(error, "NotFound")) throw error;
    const types = await session.types();
    if (types === likely) throw error;
    return showSelected(invocation, session, select(types, args));
  }
}

const showSelected = async (
  { options }: Invocation,
  session: Session,
  selections: readonly Selection[],
): Promise<number> => showAndWatch(await requestOf(session, options, selections));

async function showAndWatch(request: Request): Promise<number> {
  const { options } = request;
  const isWatch = options.flag("watch") || options.flag("watch-only");
  if (isWatch && request.selections.some(({ names = [] }) => names.length > 1)) {
    throw usageError("a watch is about one object or a whole kind, not about several names");
  }
  const { shown, missing } = await show(request);
  if (missing.length && !options.flag("ignore-not-found")) {
    const { statusMessage } = await import("../cli/report.ts");
    for (const error of missing) say(statusMessage(error as Parameters<typeof statusMessage>[0]));
    return EXIT.failed;
  }
  if (!isWatch) return EXIT.ok;
  const { watchShown } = await import("../get/watch.ts");
  await watchShown(request, shown);
  return EXIT.ok;
}

async function selectionsInFiles({ options }: Invocation, session: Session): Promise<Selection[]> {
  const [{ loadManifests }, { typedManifests }] = await Promise.all([
    import("../manifests/load.ts"),
    import("../manifests/typed.ts"),
  ]);
  const manifests = await loadManifests(options.all("filename"), { recursive: options.flag("recursive") });
  const typed = typedManifests(manifests, await session.types(), session.namespace);
  return typed.map(({ type, object }) => ({ type, names: [object.metadata.name] }));
}
