import { createServer } from "node:http";
import { ask } from "../db/client.mjs";

const PRODUCT = "Tea";

const db = (line) => ask(Number(process.env.DB_PORT), line);

const routes = {
  "/live": async () => ({ alive: true }),
  "/ready": async () => ({ db: await db("PING") }),
  "/visits": async () => ({ product: PRODUCT, visits: Number(await db("ADD visits 1")) }),
};

async function answerTo(url) {
  const route = routes[url];
  if (!route) return [404, { error: "no such page" }];
  try {
    return [200, await route()];
  } catch (error) {
    return [503, { error: error.message }];
  }
}

const server = createServer(async ({ url }, response) => {
  const [status, body] = await answerTo(url);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});
server.listen(Number(process.env.PORT), "localhost", () => console.log(`listening on ${process.env.PORT}`));
