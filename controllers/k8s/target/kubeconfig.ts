import type { KubeConfig } from "@kubernetes/client-node";
import { Problem } from "../problem.ts";
import { kubeconfigFiles, presentFiles } from "./files.ts";
import type { Plugin } from "../cluster/plugin.ts";
import type { Place } from "./guard.ts";

/** What a spec says of where its objects are to be. */
export interface Wanted {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
}

/** A cluster, and how to be believed there. */
export interface Target extends Place {
  /** For objects that name none. */
  readonly namespace: string;
  /** All that the kubeconfig says. */
  readonly config: KubeConfig;
  /** The same but for the plugin that is to be asked, should there be one. */
  readonly login: KubeConfig;
  readonly plugin?: Plugin | undefined;
}

/**
 * Where the objects of a spec are to be.
 *
 * The package that knows kubeconfigs, with all their ways to log in, takes long to load: it is loaded here alone.
 *
 * @throws Problem
 */
export async function resolveTarget(wanted: Wanted, home: string): Promise<Target> {
  const files = kubeconfigFiles(wanted.kubeconfig, home);
  const present = presentFiles(files);
  if (present.length === 0) throw noKubeconfig(files, wanted.kubeconfig !== undefined);
  const { KubeConfig: Config } = await import("@kubernetes/client-node");
  const config = merged(
    present.map((file) => loaded(new Config(), file)),
    new Config(),
  );
  return targetIn({ config, login: new Config() }, wanted, present.join(", "));
}

function loaded(config: KubeConfig, file: string): KubeConfig {
  try {
    config.loadFromFile(file);
    return config;
  } catch (cause) {
    // What is empty is read as nothing, of which the package wants the fields.
    const why = cause instanceof TypeError ? "it is empty" : (cause as Error).message.split("\n", 1)[0];
    throw new Problem("BadKubeconfig", `${file} is no kubeconfig: ${why}; mend it, or name another one`, {
      cause,
    });
  }
}

/** As kubectl merges: of two that have one name the first counts, and so does the first current context. */
function merged(configs: readonly KubeConfig[], into: KubeConfig): KubeConfig {
  into.clusters = unique(configs.flatMap(({ clusters }) => clusters));
  into.users = unique(configs.flatMap(({ users }) => users));
  into.contexts = unique(configs.flatMap(({ contexts }) => contexts));
  const current = configs.map(({ currentContext }) => currentContext).find(Boolean);
  if (current !== undefined) into.setCurrentContext(current);
  return into;
}

const unique = <T extends { name: string }>(entries: readonly T[]): T[] => [
  ...new Map(entries.toReversed().map((entry) => [entry.name, entry])).values(),
];

function targetIn({ config, login }: Configs, wanted: Wanted, files: string): Target {
  const name = wanted.context ?? config.currentContext;
  const known = config.contexts.map((context) => context.name).toSorted();
  if (!name) throw new Problem("NoContext", `${files} has no current context; set ${choice(known)}`);
  const context = config.contexts.find((each) => each.name === name);
  if (!context) {
    throw new Problem(
      "UnknownContext",
      `${files} has no context ${JSON.stringify(name)}; set ${choice(known)}`,
    );
  }
  const cluster = config.clusters.find((each) => each.name === context.cluster);
  if (!cluster?.server) {
    throw new Problem(
      "BadKubeconfig",
      `the context ${name} names the cluster ${JSON.stringify(context.cluster)}, for which ${files} has no server`,
    );
  }
  if (!/^https?:/.test(cluster.server) || !URL.canParse(cluster.server)) {
    throw new Problem(
      "BadKubeconfig",
      `the server ${JSON.stringify(cluster.server)} of the cluster ${cluster.name} in ${files} is no URL with https: correct it`,
    );
  }
  config.setCurrentContext(name);
  // The library leaves out the authority of a cluster for a context without a user.
  if (!config.users.some((user) => user.name === context.user)) config.users.push({ name: context.user });
  const namespace = wanted.namespace ?? context.namespace ?? "default";
  const { name: of, server } = cluster;
  return { context: name, cluster: of, server, namespace, config, ...loginOf(config, login) };
}

interface Configs {
  config: KubeConfig;
  /** Still empty. */
  login: KubeConfig;
}

/** The package asks plugins without an end, and shows what they print: we ask them ourselves. */
function loginOf(config: KubeConfig, login: KubeConfig): Pick<Target, "login" | "plugin"> {
  const plugin = config.getCurrentUser()?.exec as Plugin | undefined;
  const users = config.users.map(({ exec: _, ...user }) => user);
  const { clusters, contexts, currentContext } = config;
  login.loadFromOptions({ clusters, contexts, users, currentContext });
  return { login, plugin };
}

const choice = (names: readonly string[]): string =>
  names.length > 0 ? `spec.context to one of ${names.join(", ")}` : "up a cluster: it has no contexts at all";

function noKubeconfig(files: readonly string[], isNamed: boolean): Problem {
  const why = isNamed
    ? `${files.join()} does not exist; correct spec.kubeconfig`
    : `there is no kubeconfig: ${files.join(", ")} does not exist; start a cluster (such as with kind or minikube), set KUBECONFIG for the server of tiltish, or set spec.kubeconfig`;
  return new Problem("NoKubeconfig", why);
}
