// Floods its output: 10 MB, with colours and control characters in it.
const { alone } = require("./alone.cjs");

alone("flood");
const line = `\u001b[31m${"all is lost ".repeat(16)}\u001b[0m\u0007\n`.repeat(100);
let left = Math.ceil(10_000_000 / line.length);
const write = () => {
  while (left-- > 0) if (!process.stdout.write(line)) return process.stdout.once("drain", write);
};
write();
