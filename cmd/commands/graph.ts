import type { KubeObject } from "../../apis/meta.ts";
import { paintFor, wantsColor } from "../cli/color.ts";
import { CliError, EXIT } from "../cli/errors.ts";
import { out, say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import type { Invocation } from "../cli/types.ts";
import { namespaceFrom } from "../connect/find.ts";
import { connect } from "../connect/session.ts";
import { closureOf } from "../graph/closure.ts";
import { dotText, jsonText, mermaidText } from "../graph/formats.ts";
import { graphOf, type Graph } from "../graph/model.ts";
import { placedIn } from "../graph/select.ts";
import { treeText } from "../graph/tree.ts";
import { viewOf, type GraphView } from "../graph/view.ts";
import { runnableObjects } from "../resources/runnables.ts";
import { manifestsOf, projectOf } from "../up/project.ts";

const FORMATS: Readonly<Record<string, (view: GraphView) => string>> = {
  text: (view) => treeText(view, paintFor(wantsColor(process.stdout))),
  dot: dotText,
  mermaid: mermaidText,
  json: jsonText,
};

/** `tiltish graph`: who needs whom, of a session that runs, or of a file. */
export async function run({ options, args }: Invocation): Promise<number> {
  const format = options.choice("output", Object.keys(FORMATS), "text");
  const graph = graphOf(await objectsFor(options));
  if (graph.nodes.size === 0) say("there is nothing that runs");
  out(FORMATS[format]!(viewOf(args.length ? partOf(graph, args) : graph)));
  return EXIT.ok;
}

function partOf(graph: Graph, names: readonly string[]): Graph {
  const closure = closureOf(graph, names);
  return {
    nodes: new Map([...graph.nodes].filter(([key]) => closure.has(key))),
    edges: graph.edges.filter(({ from }) => closure.has(from)),
  };
}

/** Of the session; without one, of the file that `up` would read. */
async function objectsFor(options: Options): Promise<KubeObject[]> {
  if (options.has("filename")) return objectsIn(options);
  try {
    const session = await connect(options);
    return await runnableObjects(session, session.namespace);
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== EXIT.noSession) throw error;
    const objects = await objectsIn(options).catch(() => undefined);
    if (!objects) throw error;
    say("no session runs here; this is what the file says");
    return objects;
  }
}

async function objectsIn(options: Options): Promise<KubeObject[]> {
  const project = projectOf(options.all("filename"), undefined);
  const manifests = await manifestsOf(project, options.flag("recursive"));
  const namespace = namespaceFrom(options) ?? "default";
  return manifests.map(({ object }) => placedIn(object, namespace));
}
