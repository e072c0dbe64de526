import { lstatSync, mkdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";

/** `sun_path` of Linux has 108 bytes, that of macOS 104, with the final zero. */
const MAX_PATH_BYTES = 103;

/**
 * Makes room for a unix socket: a directory in which only we can put one, and no socket that a dead server left.
 *
 * @throws Error saying who is in the way, and what to do.
 */
export async function prepareSocketPath(path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new Error(`${path} is too long for a unix socket; choose a shorter directory with --state-dir`);
  }
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  assertOurs(directory);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) throw new Error(`${path} is there and is no socket; move it away`);
  if (await isAlive(path)) {
    throw new Error(
      `another server listens on ${path}; stop it, or choose another directory with --state-dir`,
    );
  }
  rmSync(path, { force: true });
}

function assertOurs(directory: string): void {
  const { uid, mode } = lstatSync(directory);
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw new Error(`${directory} belongs to another user; choose another directory with --state-dir`);
  }
  // Not mended by chmod: it may be anything that a user named, such as /tmp. Who may only look in cannot connect,
  // because that takes the right to write to the socket.
  if ((mode & 0o002) === 0 || process.platform === "win32") return;
  throw new Error(`every user can write to ${directory}; chmod 700 it, or choose another with --state-dir`);
}

/** Whether somebody answers. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
