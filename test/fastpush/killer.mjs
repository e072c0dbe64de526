// Ends its own process, as kill -9 does, just before one of the steps by which a commit changes files: KILL_AT says
// before which one, and KILL_JOURNAL which file is there as long as a commit is under way.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { KILL_AT, KILL_JOURNAL } = process.env;
let steps = 0;

for (const name of ["chmod", "link", "mkdir", "rename", "rmdir", "symlink", "unlink", "write"]) {
  const original = fs[`${name}Sync`];
  fs[`${name}Sync`] = (...args) => {
    if (fs.existsSync(KILL_JOURNAL) && ++steps === Number(KILL_AT)) process.kill(process.pid, "SIGKILL");
    return original(...args);
  };
}
syncBuiltinESMExports();
