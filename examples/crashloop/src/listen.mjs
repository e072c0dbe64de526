import { createServer } from "node:net";

const port = Number(process.argv[2]);
createServer().listen(port, "localhost", () => console.log(`listening on ${port}`));
