import { ask } from "./client.mjs";

if ((await ask(7432, "PING")) !== "PONG") process.exitCode = 1;
