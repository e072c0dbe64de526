import { SUPERVISOR_SOCKET, supervisorScript } from "../remote/index.ts";
import { type Entry, treeHashOf, type Tree } from "../../sync/index.ts";

/** No tree has such a name: it is kept for what is of the sync itself. */
const DIRECTORY = ".tiltish-push";
const HOME = "/home/vcap";
const PROGRAM = `${HOME}/app/${DIRECTORY}/start`;
const WRAPPED = new RegExp(`^exec /bin/bash ${PROGRAM} (given|found) '(.*)'$`, "s");

/** The start command of an app, and who has said so. */
export interface StartCommand {
  /** Given by a person, or found by a buildpack: then the next one may find another. */
  readonly origin: "given" | "found";
  readonly command: string;
}

/** What runs the command under the supervisor. */
export const wrapped = ({ origin, command }: StartCommand): string =>
  `exec /bin/bash ${PROGRAM} ${origin} '${command.replaceAll("'", `'\\''`)}'`;

/** What is within a command, if it is a wrapped one. */
export function unwrapped(command: string): StartCommand | undefined {
  const [, origin, quoted] = WRAPPED.exec(command) ?? [];
  if (quoted === undefined) return undefined;
  return { origin: origin === "given" ? "given" : "found", command: quoted.replaceAll(`'\\''`, "'") };
}

/** A buildpack may have changed or moved files: then they are not what was sent, and have to be listed. */
const CHECK =
  `chdir "${HOME}/app" or exit 1; $/ = "\\0"; ` +
  "while (my $path = <STDIN>) { my $size = <STDIN>; chomp($path, $size); " +
  "my @is = lstat $path; exit 1 if !@is || (length $size && $is[7] != $size) }";

/**
 * Tells the sync what a container has when it is new, in the words of the agent: a set of changes that was committed in
 * it. So nobody has to ask for a list of its files. Then it runs the command, under the supervisor.
 */
const START = `# Started by the start command of the app; $2 is the one that the app was to have.
here=${HOME}/app/${DIRECTORY}
state=${HOME}/tmp/.tiltish
if ! command -v perl > /dev/null; then
  echo "tiltish: this container has no perl, so the app is not supervised" >&2
  exec /bin/bash -c "$2"
fi
mkdir -p "$state"
chmod 700 "$state"
if [ ! -e "$state/marker" ] && perl -e '${CHECK}' < "$here/contents"; then
  cp "$here/manifest" "$state/manifest"
  { cat "$here/revision"; printf '\\0%s' "$CF_INSTANCE_GUID"; } > "$state/marker.new"
  mv "$state/marker.new" "$state/marker"
fi
exec perl "$here/supervisor.pl" ${SUPERVISOR_SOCKET} -- /bin/bash -c "$2"
`;

/** Files that go with an app whose command is wrapped, by path. */
export function wrappingOf(tree: Tree): ReadonlyMap<string, Buffer> {
  const hash = treeHashOf(tree);
  return new Map([
    [`${DIRECTORY}/start`, Buffer.from(START)],
    [`${DIRECTORY}/supervisor.pl`, Buffer.from(supervisorScript())],
    [`${DIRECTORY}/manifest`, Buffer.from([...tree.keys()].join("\0"))],
    [
      `${DIRECTORY}/contents`,
      Buffer.from([...tree].map(([path, entry]) => `${path}\0${sizeOf(entry)}\0`).join("")),
    ],
    [`${DIRECTORY}/revision`, Buffer.from(`0-${hash.slice(0, 16)}\0${hash}`)],
  ]);
}

const sizeOf = (entry: Entry): string => (entry.type === "file" ? String(entry.size) : "");
