import { createServer } from "node:http";

const GREETING = "Hello from Node";

const server = createServer((_request, response) => response.end(`${GREETING}\n`));
server.listen(Number(process.env.PORT), "localhost", () => console.log(`listening on ${process.env.PORT}`));
