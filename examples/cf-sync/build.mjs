// A build as small as can be: what is in src/ is in out/ afterwards.
import { cp } from "node:fs/promises";

await cp("src", "out", { recursive: true });
console.log("built out/");
