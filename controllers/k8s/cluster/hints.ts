import type { Place } from "../target/guard.ts";

interface Named {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

type Where = Pick<Place, "context"> & { readonly kubeconfig?: string | undefined };

const SHOWN = 20;

/** Commands that delete these, one for each namespace, to be copied into a shell. */
export function deletionOf(refs: readonly Named[], where: Where): string {
  const shown = refs.slice(0, SHOWN);
  const more = refs.length > SHOWN ? ` # and ${refs.length - SHOWN} more` : "";
  const namespaces = [...new Set(shown.map(({ namespace = "" }) => namespace))];
  const commands = namespaces.map((namespace) => {
    const names = shown.filter((ref) => (ref.namespace ?? "") === namespace).map(wordOf);
    return `${kubectl(where, namespace)} delete ${names.join(" ")}`;
  });
  return commands.join(" && ") + more;
}

/** The command that has an object go although nobody takes its finalizers off. */
export const releaseOf = (ref: Named, where: Where): string =>
  `${kubectl(where, ref.namespace)} patch ${wordOf(ref)} --type=merge -p '{"metadata":{"finalizers":null}}'`;

function kubectl({ context, kubeconfig }: Where, namespace = ""): string {
  const words = ["kubectl", ...(kubeconfig ? ["--kubeconfig", kubeconfig] : []), "--context", context];
  return [...words, ...(namespace ? ["-n", namespace] : [])].map(quoted).join(" ");
}

/** Kinds of a group are told apart from those of others that have the same name. */
function wordOf({ apiVersion = "v1", kind, name }: Named): string {
  const [group = ""] = apiVersion.includes("/") ? apiVersion.split("/") : [];
  return quoted(`${kind.toLowerCase()}${group && `.${group}`}/${name}`);
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
