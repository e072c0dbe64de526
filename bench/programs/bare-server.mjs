// The floor of everything that goes over HTTP: node:http and a Map, nothing checked, nothing stored.
// PUT keeps bytes, GET sends them, POST sends them back and to all who hold `GET /watch`.
import { createServer } from "node:http";

const [, , socketPath] = process.argv;
const kept = new Map();
const watchers = new Set();

createServer((request, response) => {
  if (request.url === "/watch") return watch(response);
  if (request.method === "GET") return send(response, 200, kept.get(request.url) ?? Buffer.alloc(0));
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => take(request, response, Buffer.concat(chunks)));
}).listen(socketPath);

function take({ method, url }, response, body) {
  if (method === "PUT") kept.set(url, body);
  const line = Buffer.concat([body, Buffer.from("\n")]);
  for (const watcher of watchers) watcher.write(line);
  send(response, 201, method === "PUT" ? Buffer.alloc(0) : body);
}

function watch(response) {
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  watchers.add(response);
  response.on("close", () => watchers.delete(response));
}

function send(response, code, body) {
  response.writeHead(code, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}
