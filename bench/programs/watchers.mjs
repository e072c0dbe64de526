// Holds many watches open over a unix socket, and notes when each of them sees a write.
// A write carries the time at which it was sent, on the clock that all processes share, as `"sent":"…"`.
import { connect } from "node:net";

const SENT = /"sent":"(\d+)"/g;

/** A unix socket refuses more than its backlog at once. */
const AT_ONCE = 100;

let sockets = [];
let latencies = [];
const seen = new Map();

const actions = {
  async open({ socketPath, path, token, count }) {
    const authorization = token === undefined ? "" : `authorization: Bearer ${token}\r\n`;
    const head = `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${authorization}\r\n`;
    while (sockets.length < count) {
      const batch = Math.min(AT_ONCE, count - sockets.length);
      sockets.push(...(await Promise.all(Array.from({ length: batch }, () => open(socketPath, head)))));
    }
  },
  close() {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    seen.clear();
  },
};

process.on("message", async ({ action, ...options }) => {
  await actions[action](options);
  process.send({ done: action });
});

/** Resolves once the server has answered. */
function open(socketPath, head) {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(head));
    let rest = "";
    socket.on("error", reject);
    socket.once("data", (first) => {
      if (!first.toString("latin1").startsWith("HTTP/1.1 200")) return reject(new Error(String(first)));
      resolve(socket);
    });
    socket.on("data", (chunk) => {
      const now = process.hrtime.bigint();
      const text = rest + chunk.toString("latin1");
      const end = text.lastIndexOf("\n") + 1;
      for (const [, sent] of text.slice(0, end).matchAll(SENT)) note(sent, now);
      rest = text.slice(end);
    });
  });
}

function note(sent, now) {
  latencies.push(Number(now - BigInt(sent)) / 1e6);
  const count = (seen.get(sent) ?? 0) + 1;
  if (count < sockets.length) return void seen.set(sent, count);
  seen.delete(sent);
  process.send({ sent, latencies });
  latencies = [];
}
