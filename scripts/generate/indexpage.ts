import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import { code, page, prose, tableOf, WRITTEN } from "./markdown.ts";
import { pageNameOf } from "./names.ts";
import { isServedOnly, summaryOf } from "./kindpage.ts";

/** The first page of the reference. */
export const indexPage = (kinds: readonly Kind[]): string =>
  page(
    WRITTEN,
    "# Reference",
    "## Kinds",
    "Kinds of ours. A star marks those that are stored and validated, but whose controller is not there yet.",
    kindsTable(kinds.filter(({ builtIn }) => !builtIn)),
    "Kinds of Kubernetes that are served as Kubernetes serves them.",
    kindsTable(kinds.filter(({ builtIn }) => builtIn)),
    "## Errors",
    "[Reasons and HTTP codes](errors.md), and what to do about each.",
    "## The same in your terminal and your editor",
    [
      "- `kubectl explain localprocess.spec --recursive` tells the fields of any kind, from the running server.",
      "- `/openapi/v3` of a running server has the OpenAPI documents.",
      "- `schema/` has a JSON Schema for each kind, and `all.json` for all of them.",
    ].join("\n"),
    "Editors that know the YAML language server complete and check a file that begins with:",
    "```yaml\n# yaml-language-server: $schema=./node_modules/tiltish/schema/all.json\n```",
  );

const kindsTable = (kinds: readonly Kind[]): string =>
  tableOf(
    ["Kind", "Short", "apiVersion", "What it is"],
    kinds.map((kind) => [
      `[${kind.kind}](kinds/${pageNameOf(kind)})${isServedOnly(kind) ? " \\*" : ""}`,
      kind.short.map(code).join(", "),
      code(apiVersionOf(kind)),
      prose(summaryOf(kind)),
    ]),
  );
