/** What bare names may stand for, by what a command does with them; the most likely first. Completion offers these. */
export const NAMED_KINDS = {
  /** They have logs, and can be asked to run. */
  running: ["LocalResource", "LocalProcess", "DockerImage", "CustomImage", "CFAppSync", "K8sResource"],
  /** All of ours: they can be disabled, and asked about. */
  own: [
    "LocalResource",
    "LocalProcess",
    "FileWatch",
    "DockerImage",
    "CustomImage",
    "K8sResource",
    "CFAppSync",
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Named = keyof typeof NAMED_KINDS;
