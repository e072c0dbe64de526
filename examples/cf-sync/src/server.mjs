import { createServer } from "node:http";

const GREETING = "Hello from Cloud Foundry";

createServer((_request, response) => response.end(`${GREETING}\n`)).listen(process.env.PORT ?? 8080, () =>
  console.log(`serves: ${GREETING}`),
);
