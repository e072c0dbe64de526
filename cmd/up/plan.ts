import { CliError } from "../cli/errors.ts";
import type { Invocation } from "../cli/types.ts";
import { namespaceFrom } from "../connect/find.ts";
import { choose, type Chosen } from "../graph/select.ts";
import { stateDirFor } from "../host/options.ts";
import { stateHome } from "../instances.ts";
import type { Manifest } from "../manifests/manifest.ts";
import type { ToPrepare } from "./prepare.ts";
import { ignoring, manifestsOf, projectOf, type Project } from "./project.ts";

/** What one `up` is to do. */
export interface Plan {
  invocation: Invocation;
  project: Project;
  stateDir: string;
  chosen: Chosen;
}

/**
 * Reads all that there is to read before anything starts: a file that cannot be read should not cost more than its
 * message.
 *
 * @throws CliError with exit code 2 for what is wrong in a file, or a name that is not there.
 */
export async function planOf(invocation: Invocation): Promise<Plan> {
  const { options, rest } = invocation;
  const found = projectOf(options.all("filename"), rest);
  const stateDir = await stateDirFor(options, found.root);
  const project = ignoring(found, [stateHome(), stateDir]);
  const manifests = await manifestsOf(project, options.flag("recursive"));
  return { invocation, project, stateDir, chosen: chosenFrom(invocation, manifests) };
}

function chosenFrom({ options, args }: Invocation, manifests: readonly Manifest[]): Chosen {
  try {
    return choose(manifests, args, namespaceFrom(options) ?? "default");
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const hint = `a command goes after --: tiltish up -- ${args.join(" ")}`;
    throw new CliError(`${error.message}\n${hint}`, error.exitCode);
  }
}

export const toPrepare = ({ invocation, project, chosen }: Plan, keepOthers: boolean): ToPrepare => ({
  root: project.root,
  manifests: chosen.manifests,
  namespace: namespaceFrom(invocation.options),
  keepOthers,
});
