// A database in forty lines: `GET key` and `ADD key n`, one a line; every change is in its journal before it is answered.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const JOURNAL = "data/journal";
const values = new Map();

const add = (key, amount) => values.set(key, (values.get(key) ?? 0) + amount).get(key);

function readJournal() {
  mkdirSync("data", { recursive: true });
  const text = existsSync(JOURNAL) ? readFileSync(JOURNAL, "utf8") : "";
  const changes = text.split("\n").filter(Boolean);
  for (const change of changes) {
    const [key, amount] = change.split(" ");
    add(key, Number(amount));
  }
  console.log(`read ${changes.length} changes`);
}

function answer(line) {
  const [verb, key = "", amount = "1"] = line.trim().split(" ");
  if (verb === "PING") return "PONG";
  if (verb === "GET") return values.get(key) ?? 0;
  if (verb !== "ADD" || !/^\w+$/.test(key) || !/^-?\d+$/.test(amount)) return "ERROR";
  appendFileSync(JOURNAL, `${key} ${amount}\n`);
  return add(key, Number(amount));
}

readJournal();
const server = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  createInterface({ input: socket }).on("line", (line) => socket.write(`${answer(line)}\n`));
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready for connections"));
process.on("SIGINT", () => {
  console.log("bye");
  process.exit(0);
});
