import type { Tree } from "../../sync/index.ts";
import type { Container, Containers, Difference } from "./containers.ts";
import { withUnknown } from "./member.ts";
import type { Orders } from "./orders.ts";
import { Places } from "./rules.ts";

/**
 * What a container has that was there before anybody looked, so that it may have been updated already: what its image
 * has, but for what differs from that. Of this, nobody knows whose it is.
 */
export async function foundIn(
  containers: Containers,
  { id, mounts }: Container,
  { baked, rules }: Orders,
): Promise<Tree> {
  const differences = await containers.differencesOf(id);
  const isUnknown = differences ? unknownBy(differences, mounts) : () => true;
  const places = new Places(rules);
  const files = [...baked].filter(([, { type }]) => type !== "directory").map(([path]) => path);
  return withUnknown(
    baked,
    files.filter((path) => places.of(path).some((place) => isUnknown(`/${place}`))),
  );
}

function unknownBy(differences: readonly Difference[], mounts: readonly string[]): (path: string) => boolean {
  const itself = new Set(differences.map(({ path }) => path));
  const whole = new Set(differences.filter(({ type }) => type !== "modified").map(({ path }) => path));
  for (const mount of mounts) whole.add(mount);
  return (path) => itself.has(path) || upwardsOf(path).some((each) => whole.has(each));
}

/** `/a/b` → `/a/b`, `/a` */
function upwardsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, at) => parts.slice(0, parts.length - at).join("/"));
}
