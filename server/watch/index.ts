export { assertReached, Feed, type FeedOptions, type Sink } from "./feed.ts";
export { errorFrame, type View } from "./frames.ts";
export { watchObjects } from "./inprocess.ts";
export { RESPONSE_LIMITS, ResponseSink, type ResponseLimits } from "./response.ts";
