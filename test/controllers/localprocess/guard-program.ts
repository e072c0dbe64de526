import { guardMain } from "../../../controllers/localprocess/guard.ts";

await guardMain(process.argv.at(-1)!, process.stdin, 500);
