/** What to do on each key. */
export type KeyActions = Readonly<Record<string, () => void>>;

export const KEY_HELP = "r run all · s status · ? help · q quit";

/** Without the terminal's own reading of it, which raw mode turns off. */
export const CTRL_C = "\u0003";

/** Listens for single keys, on a terminal only. @returns what ends it. */
export function listenForKeys(actions: KeyActions): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const onData = (data: Buffer) => {
    for (const key of data.toString("utf8")) actions[key]?.();
  };
  stdin.setRawMode(true);
  stdin.on("data", onData);
  return () => {
    stdin.off("data", onData);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
