const { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");

const commandOf = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
};

/**
 * Notes in doubles.txt if another process with the same arguments is alive. Each first says that it is there and then
 * looks for others: of two that start at the same time at least one sees the other.
 */
exports.alone = (name) => {
  mkdirSync("run", { recursive: true });
  writeFileSync(`run/${name}.${process.pid}`, "");
  const mine = commandOf(process.pid);
  const pids = readdirSync("run")
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => file.split(".")[1]);
  for (const pid of pids.filter((one) => one !== String(process.pid))) {
    if (commandOf(pid) === mine)
      appendFileSync("doubles.txt", `${name}: ${pid} lived when ${process.pid} started\n`);
    else rmSync(`run/${name}.${pid}`, { force: true });
  }
};
