import { KINDS } from "../../apis/v1alpha1/index.ts";
import { apiVersionOf, isReadOnly, type Column, type Kind } from "../../apis/kind.ts";
import { EXAMPLES } from "./examples.ts";
import { fieldSections, shapeOf, type Links } from "./fields.ts";
import { code, page, prose, tableOf, WRITTEN } from "./markdown.ts";
import { fullNameOf } from "./names.ts";
import { schemaOf } from "./schema.ts";

/** Said by the description of a kind that is served before its controller is there. */
const NOT_YET = /\s*Its controller is not part of this version\./;

export const isServedOnly = ({ description }: Kind): boolean => NOT_YET.test(description);

/** The description without that sentence, where it is said otherwise. */
export const summaryOf = ({ description }: Kind): string => description.replace(NOT_YET, "");

/** The reference page of one kind. */
export const kindPage = (kind: Kind): string =>
  page(
    WRITTEN,
    `# ${kind.kind}`,
    prose(summaryOf(kind)),
    isServedOnly(kind) ? NOTE : "",
    factsOf(kind),
    exampleOf(kind),
    "## Columns",
    "What `kubectl get` and `tiltish get` print.",
    columnsOf(kind),
    fieldSections(schemaOf(kind), specsElsewhere(kind)),
  );

/** What can only be read needs none. */
function exampleOf(kind: Kind): string {
  const example = EXAMPLES[fullNameOf(kind)];
  return example ? `## Example\n\n\`\`\`yaml\n${example.trim()}\n\`\`\`` : "";
}

const NOTE =
  "> **Stored, but not acted upon yet.** The server validates, stores and watches objects of this kind like any other. " +
  "The controller that does what they say is not part of this version.";

function factsOf(kind: Kind): string {
  const { subresources, short, categories, selectableFields } = kind;
  const served = Object.entries(subresources).filter(([name, on]) => on && name !== "missing");
  const rows: [string, readonly string[]][] = [
    ["apiVersion", [apiVersionOf(kind)]],
    ["Names on the command line", [kind.plural, kind.singular, ...short]],
    ["Categories", categories],
    ["Subresources", served.map(([name]) => name)],
    ["Field selectors", ["metadata.name", ...Object.keys(selectableFields)]],
    ["Verbs", isReadOnly(kind) ? kind.verbs : []],
  ];
  const facts = rows
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => [name, values.map(code).join(", ")]);
  return tableOf(["", ""], [...facts, ["Scope", kind.namespaced ? "in a namespace" : "in no namespace"]]);
}

function columnsOf(kind: Kind): string {
  const rows = kind.columns.map((column) => [
    column.name.toUpperCase(),
    column.type === "date" ? "age" : column.type,
    typeof column.path === "string" ? code(column.path) : (column.description ?? "computed"),
    isWide(column) ? "with `-o wide`" : "always",
  ]);
  return tableOf(["Column", "Type", "From", "Shown"], rows);
}

const isWide = ({ priority = 0 }: Column): boolean => priority > 0;

/** Templates are specs of other kinds: their fields are told on the page of that kind. */
function specsElsewhere(kind: Kind): Links {
  const others = KINDS.filter((other) => other.kind !== kind.kind);
  const specs = others.map((other) => ({
    spec: schemaOf(other).properties?.spec,
    page: `${other.singular}.md`,
  }));
  return new Map(specs.flatMap(({ spec, page }) => (spec ? [[shapeOf(spec), `${page}#spec`]] : [])));
}
