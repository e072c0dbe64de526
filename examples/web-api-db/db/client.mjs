import { connect } from "node:net";

/** Asks the database one thing. Rejects if it does not answer within a second. */
export function ask(port, line) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`${line}\n`));
    socket.setTimeout(1000, () => socket.destroy(new Error("the database does not answer")));
    socket.on("error", reject);
    socket.once("data", (data) => {
      socket.end();
      resolve(data.toString().trim());
    });
  });
}
