import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const greeting = readFileSync("src/greeting.txt", "utf8");
createServer((_request, response) => response.end(greeting)).listen(Number(process.env.PORT), "localhost");
