// Serves what a package is made of: `app-web@1 (service-shop@1 (…), …)`.
import { createServer } from "node:http";

const [, , name, port] = process.argv;
const top = await import(`./dist/${name}.mjs`);

function tell({ name, version, parts }) {
  const inner = parts.map(tell).join(", ");
  return `${name}@${version}${inner && ` (${inner})`}`;
}

const server = createServer((_request, response) => response.end(`${tell(top)}\n`));
server.listen(Number(port), "localhost", () => console.log(`listening on ${port}`));
