/**
 * The `tiltish` binary.
 *
 * `get` is what people run over and over, so all that it needs lies in one file of its own, and nothing else is
 * loaded for it. Reading manifests is not among that.
 */
const words = process.argv.slice(2);
const isQuick = words[0] === "get" && !words.some((word) => /^-\w*f|^--filename/.test(word));
const { main } = await (isQuick ? import("./quick.ts") : import("./cli/main.ts"));
await main(words);
