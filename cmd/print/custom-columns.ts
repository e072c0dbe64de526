import type { KubeObject } from "../../apis/meta.ts";
import { usageError } from "../cli/errors.ts";
import { sanitize } from "../cli/sanitize.ts";
import { Columns } from "./columns.ts";
import { parsePath, textOf, valuesAt } from "./jsonpath/index.ts";

/** Prints objects by `HEADER:path,HEADER:path`. */
export function customColumns(spec: string, { noHeaders = false } = {}): (objects: KubeObject[]) => string {
  const columns = spec.split(",").map(columnOf);
  const writer = new Columns();
  let isFirst = !noHeaders;
  return (objects) => {
    const rows = objects.map((object) => columns.map(({ steps }) => cellOf(valuesAt(steps, object))));
    const headers = isFirst ? [columns.map(({ header }) => header)] : [];
    isFirst = false;
    return writer.format([...headers, ...rows]);
  };
}

function columnOf(part: string) {
  const at = part.indexOf(":");
  if (at < 1 || at === part.length - 1) {
    throw usageError(`custom-columns are HEADER:.path,HEADER:.path, not "${part}"`);
  }
  return { header: part.slice(0, at), steps: parsePath(part.slice(at + 1)) };
}

const cellOf = (values: unknown[]): string =>
  values.length ? sanitize(values.map((value) => textOf(value) || "<none>").join(",")) : "<none>";
