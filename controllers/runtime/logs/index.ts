export { logDirectoryIn, logDirectoryOf, newestRunIn, removeLogDirectory, type LogOwner } from "./files.ts";
export { logHub } from "./hub.ts";
export { LEVELS } from "./level.ts";
export { openLog, type LogOptions } from "./reader.ts";
export { LogWriter } from "./writer.ts";
