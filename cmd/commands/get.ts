import { EXIT, usageError } from "../cli/errors.ts";
import { out, say } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { connect } from "../connect/session.ts";
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
  const selections = options.has("filename")
    ? await selectionsInFiles(invocation, session)
    : select(await session.likelyTypes(typeWords(args)), args);
  const request = await requestOf(session, options, selections);
  return showAndWatch(request);
}

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

async function selectionsInFiles(
  { options }: Invocation,
  session: Awaited<ReturnType<typeof connect>>,
): Promise<Selection[]> {
  const [{ loadManifests }, { typedManifests }] = await Promise.all([
    import("../manifests/load.ts"),
    import("../manifests/typed.ts"),
  ]);
  const manifests = await loadManifests(options.all("filename"), { recursive: options.flag("recursive") });
  const typed = typedManifests(manifests, await session.types(), session.namespace);
  return typed.map(({ type, object }) => ({ type, names: [object.metadata.name] }));
}
