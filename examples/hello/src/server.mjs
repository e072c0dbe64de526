import { createServer } from "node:http";

const GREETING = "Hello from tiltish";

createServer((request, response) => {
  if (request.url !== "/healthz") console.log(`${request.method} ${request.url}`);
  response.end(`${GREETING}\n`);
}).listen(Number(process.env.PORT), "localhost", () => {
  console.log(`listening on http://localhost:${process.env.PORT}`);
});
