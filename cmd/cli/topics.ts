/** Something that concerns several commands: `tiltish help NAME`. */
export interface Topic {
  name: string;
  summary: string;
  text: string;
}

export const TOPICS: readonly Topic[] = [
  {
    name: "exit-codes",
    summary: "What commands end with",
    text: `    0  all is well
    1  it could not be done, was not found, or something that ran has failed
    2  the call is wrong, or a manifest is; the message says where
    3  no session runs here, or it cannot be reached
    4  it took too long: wait, up --wait, ci
   74  the disk can no longer be written
  130  ended by Ctrl-C; 143 by SIGTERM, 129 because the terminal was closed

diff ends with 0 if nothing would change, with 1 if something would, and with more if it cannot tell.`,
  },
  {
    name: "environment",
    summary: "Variables that commands look at",
    text: `  TILTISH_STATE_DIR   State directory of the server, as --state-dir.
  TILTISH_NAMESPACE   Namespace, as -n.
  NO_COLOR            No colours, whatever it is set to. Also --no-color, --color=never.
  FORCE_COLOR         Colours even where no terminal is; 0 is none. Also --color=always.
  TERM=dumb           No colours.
  EDITOR, VISUAL      What tiltish edit opens.
  KUBECONFIG          What tiltish kubeconfig --merge writes into.
  XDG_STATE_HOME      Where the state directories are. Default: ~/.local/state.
  XDG_RUNTIME_DIR     Where sockets are whose path would be too long for the state directory.

What runs gets the environment of the server, and of tiltish: TRACEPARENT, the trace of the save that
made it run; TILTISH_OWNER, by which it is found again should the server die.`,
  },
  {
    name: "sessions",
    summary: "Which server a command is about, and where its state is",
    text: `A session is a server with its controllers: that of tiltish up, up -d, serve or ci. It belongs to the folder
in which it was started, and lies in a state directory of its own: store, logs, token, certificate, socket and
kubeconfig, readable by you alone.

A command is about the session that --state-dir, --kubeconfig or --server names; else about that of this folder,
or the nearest above it. Where there is no project at all, the only session that runs stands in, and it says so.

  tiltish ps           all sessions of this machine
  tiltish attach       the logs of one that runs; leaving it changes nothing
  tiltish down         ends that of this folder, and deletes what up applied; --all ends all
  tiltish doctor       where everything is, and what is in the way`,
  },
  {
    name: "manifests",
    summary: "What tiltish.yaml holds",
    text: `Plain objects of the API, separated by ---; a List counts as its items. tiltish up looks for tiltish.yaml in this
folder and above it, as far as the git repository goes; -f names files and folders instead, and - is standard input.

  # yaml-language-server: $schema=./node_modules/tiltish/schema/all.json
  apiVersion: tiltish.dev/v1alpha1
  kind: LocalResource
  metadata: { name: api }
  spec:
    watch: { paths: [src] }
    buildTemplate: { argv: [npm, run, build] }
    serveTemplate: { argv: [node, dist/server.js] }

Paths are relative to the folder of the file. tiltish explain lr.spec tells what a field means, tiltish init writes
a first file, and tiltish up --dry-run says what is wrong with it, with line and column.`,
  },
];
