// Builds one package: checks that it can be loaded with what it is built upon, and only then puts it into dist/.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

const name = process.argv[2];
const [draft, result] = [`dist/.${name}.mjs`, `dist/${name}.mjs`];
mkdirSync("dist", { recursive: true });
writeFileSync(draft, readFileSync(`packages/${name}/index.mjs`));
try {
  const { version } = await import(`./${draft}`);
  renameSync(draft, result);
  console.log(`built ${name} version ${version}`);
} catch (error) {
  rmSync(draft);
  console.error(`packages/${name}/index.mjs: ${error.message}`);
  process.exitCode = 1;
}
