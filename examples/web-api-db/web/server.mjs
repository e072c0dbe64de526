import { createServer } from "node:http";

const TITLE = "The shop";

const page = ({ product, visits }) =>
  `<!doctype html><title>${TITLE}</title><h1>${TITLE}</h1><p>${product}: seen ${visits} times</p>\n`;

const server = createServer(async (_request, response) => {
  try {
    const answer = await fetch(`${process.env.API}/visits`);
    response.writeHead(200, { "content-type": "text/html" }).end(page(await answer.json()));
  } catch (error) {
    response.writeHead(502).end(`the api does not answer: ${error.cause?.code ?? error.message}\n`);
  }
});
server.listen(Number(process.env.PORT), "localhost", () => console.log(`listening on ${process.env.PORT}`));
