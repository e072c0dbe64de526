import type { AppStatus } from "../../controllers/cfapp/index.ts";
import { EXIT } from "../cli/errors.ts";
import { out, outLine } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { appNameIn, openApp, told } from "../fastpush/app.ts";
import { sizeOf } from "../fastpush/show.ts";
import { Columns } from "../print/columns.ts";

const HEADERS = ["INSTANCE", "HEALTH", "SPEAKS", "PID", "REVISION", "FREE", "LAST-EXIT"];

/** `tiltish fast-push-status APP`: what the fast-push controllers of an app say. */
export async function run({ options, args }: Invocation): Promise<number> {
  const app = await openApp(appNameIn(args), options).catch((error: unknown) => Promise.reject(told(error)));
  try {
    const statuses: { index: number; status: AppStatus }[] = [];
    for (const ref of app.instances)
      statuses.push({ index: ref.index, status: await app.transport.status(ref) });
    if (options.text("output") === "json")
      outLine(
        JSON.stringify(
          statuses.map(({ index, status }) => ({ index, ...status })),
          undefined,
          2,
        ),
      );
    else out(new Columns().format([HEADERS, ...statuses.map(({ index, status }) => rowOf(index, status))]));
    return EXIT.ok;
  } catch (error) {
    throw told(error);
  } finally {
    app.close();
  }
}

function rowOf(index: number, { health, instance }: AppStatus): string[] {
  if (!instance) return [String(index), health, "original", "?", "?", "?", "?"];
  const { pid, revision, freeBytes, exit } = instance;
  const free = freeBytes === undefined ? "?" : sizeOf(freeBytes);
  return [
    String(index),
    health,
    "extensions",
    pid ? String(pid) : "none",
    revision || "none",
    free,
    exit || "none",
  ];
}
