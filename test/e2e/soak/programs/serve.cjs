// serve.cjs NAME FILE-OR-DIRECTORY: serves what that held when it was started.
const { readFileSync, statSync } = require("node:fs");
const { createServer } = require("node:http");
const { alone } = require("./alone.cjs");
const { digestOf } = require("./digest.cjs");

const [, , name, source] = process.argv;
alone(name);
if (process.env.STUBBORN) process.on("SIGTERM", () => console.log("no"));
const content = statSync(source).isDirectory() ? digestOf(source) : readFileSync(source, "utf8");
const server = createServer((_request, response) => response.end(content));
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log(`${name} serves ${content}`));
