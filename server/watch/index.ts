export { assertReached, Feed, type FeedOptions } from "./feed.ts";
export { watchObjects } from "./inprocess.ts";
export { OutletSink } from "./response.ts";
