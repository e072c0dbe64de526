import { stringify } from "yaml";
import type { Draft } from "./draft.ts";

const HEAD = `# yaml-language-server: $schema=./node_modules/tiltish/schema/all.json
# What tiltish runs here. tiltish up starts it, tiltish explain lr.spec tells what else there is.
`;

/** The file: plain objects of the API, each with a line that says what it is. */
export function rendered(drafts: readonly Draft[]): string {
  return `${HEAD}\n` + drafts.map(objectText).join("---\n");
}

function objectText({ kind, name, comment, spec, labels }: Draft): string {
  const object = {
    apiVersion: "tiltish.dev/v1alpha1",
    kind,
    metadata: { name, ...(labels && { labels }) },
    spec,
  };
  // Lists of words stay on their line: they are commands.
  const text = stringify(object, { lineWidth: 0, collectionStyle: "block" });
  return `# ${comment.replace(/\s*\n\s*/g, " ")}\n${withFlowLists(text)}`;
}

/** `argv:` with an item a line becomes `argv: [node, server.js]`, if all of that is short and plain. */
function withFlowLists(text: string): string {
  return text.replace(
    /^( *)([\w-]+):\n((?:\1  - [^\n]*\n)+)(?!\1  )/gm,
    (all, indent: string, key: string, items: string) => {
      const words = items
        .trimEnd()
        .split("\n")
        .map((line) => line.trim().slice(2));
      const isPlain = words.every((word) => /^[\w./@+=$-]*$/.test(word) || /^"[^"\\]*"$/.test(word));
      const line = `${indent}${key}: [${words.join(", ")}]\n`;
      return isPlain && line.length < 100 ? line : all;
    },
  );
}
