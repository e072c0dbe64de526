// Holds many watches open, over a unix socket, HTTPS or HTTP/2, and reads some of them. The others are opened and never
// read; whenever the server has ended one of those, it is opened again.
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { connect as connectHttp2 } from "node:http2";

/** A unix socket refuses more than its backlog at once. */
const AT_ONCE = 100;
const STREAMS_PER_SESSION = 100;
const AGAIN_MS = 50;

let isClosing = false;
const ends = new Set();
let sessions = [];

const actions = {
  async open({ door, path, count, reads }) {
    isClosing = false;
    for (let left = count; left > 0; left -= AT_ONCE) {
      const batch = Array.from({ length: Math.min(AT_ONCE, left) }, () => open(door, path, reads));
      await Promise.all(batch);
    }
  },
  close() {
    isClosing = true;
    for (const end of ends) end();
    for (const session of sessions) session.destroy();
    ends.clear();
    sessions = [];
  },
};

process.on("message", async ({ action, ...options }) => {
  await actions[action](options);
  process.send({ done: action });
});

const open = (door, path, reads) => (door.http2 ? openStream : openSocket)(door, path, reads);

/** Resolves once the server has answered. */
function openSocket(door, path, reads) {
  const { promise, resolve } = waiting();
  const socket = door.socketPath
    ? connect(door.socketPath)
    : connectTls({ host: "127.0.0.1", port: door.port, ca: door.ca });
  const end = () => socket.destroy();
  ends.add(end);
  socket.once(door.socketPath ? "connect" : "secureConnect", () => socket.write(headOf(door, path)));
  socket.once("data", () => (reads ? resolve() : socket.pause()));
  if (reads) socket.on("data", () => undefined);
  else resolve();
  onEnd(socket, () => {
    ends.delete(end);
    again(reads, () => openSocket(door, path, reads));
  });
  return promise;
}

const headOf = ({ port, token }, path) =>
  [
    `GET ${path} HTTP/1.1`,
    `host: ${port === undefined ? "localhost" : `127.0.0.1:${port}`}`,
    `authorization: Bearer ${token}`,
    "\r\n",
  ].join("\r\n");

/** As one of many streams of a connection: those that are read and those that are not share it. */
function openStream(door, path, reads) {
  const { promise, resolve } = waiting();
  const session = sessionFor(door);
  const stream = session.request({ ":path": path, authorization: `Bearer ${door.token}` });
  stream.once("response", resolve);
  if (reads) stream.on("data", () => undefined);
  onEnd(stream, () => {
    session.held--;
    again(reads, () => openStream(door, path, reads));
  });
  return promise;
}

function sessionFor({ port, ca }) {
  const known = sessions.find(({ held }) => held < STREAMS_PER_SESSION);
  const session = known ?? connectHttp2(`https://127.0.0.1:${port}`, { ca });
  if (!known) {
    session.held = 0;
    session.on("error", () => undefined);
    sessions.push(session);
  }
  session.held++;
  return session;
}

function onEnd(emitter, listener) {
  emitter.on("error", () => undefined);
  emitter.once("close", listener);
}

function again(reads, reopen) {
  if (isClosing) return;
  // One that reads and is ended all the same would make the measurement worthless.
  if (reads) throw new Error("the server has ended a watch that is read");
  setTimeout(() => !isClosing && reopen(), AGAIN_MS);
}

function waiting() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}
