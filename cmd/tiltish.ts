import { exitWhenWritten, ignoreClosedPipes } from "./cli/io.ts";
import { main } from "./cli/main.ts";

/** The `tiltish` binary. */
ignoreClosedPipes();
await exitWhenWritten(await main(process.argv.slice(2)));
