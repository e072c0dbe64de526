export { assertReached, Feed, type FeedOptions } from "./feed.ts";
export { errorFrame } from "./frames.ts";
export { watchObjects } from "./inprocess.ts";
export { ResponseSink } from "./response.ts";
