import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Call } from "./grpc.ts";
import { bytesField, fieldsOf } from "./wire.ts";

/** Joins a call with the socket of an ssh agent, until either ends. */
export async function forwardAgent({ messages, send, signal }: Call, path: string): Promise<void> {
  const socket = connect(path);
  const end = () => socket.destroy();
  signal.addEventListener("abort", end, { once: true });
  socket.on("error", end);
  try {
    await once(socket, "connect", { signal });
    const closed = once(socket, "close");
    socket.on("data", (chunk: Buffer) => void send(bytesField(1, chunk)).catch(end));
    // The agent may still answer when the step has said all that it had to say.
    void copy(messages, socket).then(() => socket.end(), end);
    await closed;
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

async function copy(messages: AsyncIterable<Buffer>, socket: Socket): Promise<void> {
  for await (const message of messages) {
    for (const { number, bytes } of fieldsOf(message)) if (number === 1) socket.write(bytes);
  }
}
