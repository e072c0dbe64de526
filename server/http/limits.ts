/** What one server takes on at once, and how long it waits. */
export interface Limits {
  maxConnections: number;
  /** Requests at once, watches included, on one connection of HTTP/2; clients open another one then. */
  maxStreams: number;
  /** Of one request over HTTP/2. For HTTP/1.1 these are those of Node. */
  maxHeaders: number;
  maxHeaderBytes: number;
  /** Requests being answered, watches and health checks not counted. */
  maxInFlight: number;
  maxWatches: number;
  maxBodyBytes: number;
  /** How long an answer may take to be read, watches not counted. */
  answerTimeoutMs: number;
  requestTimeoutMs: number;
  headersTimeoutMs: number;
  keepAliveTimeoutMs: number;
  connectionsCheckingIntervalMs: number;
  /** A watcher with more unsent than this gets nothing more until it has read. */
  maxUnsentBytes: number;
  /** How long a watcher may take to read before it is ended. */
  stallMs: number;
  bookmarkIntervalMs: number;
}

export const LIMITS: Limits = {
  maxConnections: 2_000,
  maxStreams: 250,
  maxHeaders: 128,
  maxHeaderBytes: 16 * 1024,
  maxInFlight: 500,
  maxWatches: 1_000,
  maxBodyBytes: 3 * 1024 * 1024,
  answerTimeoutMs: 60_000,
  requestTimeoutMs: 20_000,
  headersTimeoutMs: 10_000,
  keepAliveTimeoutMs: 10_000,
  connectionsCheckingIntervalMs: 2_000,
  maxUnsentBytes: 1024 * 1024,
  stallMs: 5_000,
  bookmarkIntervalMs: 60_000,
};
