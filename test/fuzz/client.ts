import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Answer, readAnswer } from "./answer.ts";
import type { FuzzRequest } from "./grammar/requests.ts";

/** Where a server listens. */
export type Door = { socketPath: string } | { port: number; ca: string };

/** What came of a request. */
export interface Outcome {
  answers: Answer[];
  /** Why nothing more came. */
  end: "answered" | "closed" | "cut off" | "late";
}

/** Longer than the server gives a request: after that it hangs. */
const LATE_MS = 30_000;
/** How long what is no request, or has no end, is listened to; now and then longer, to see the end. */
const [LISTEN_MS, LONGER_MS] = [40, 1_500];

/** One connection after the other through a door, each for as many requests as it lasts. */
export class Connection {
  readonly #door: Door;
  #socket: Socket | undefined;

  constructor(door: Door) {
    this.#door = door;
  }

  /** Sends a request, and reads until it is answered. */
  async exchange(request: FuzzRequest): Promise<Outcome> {
    const isReused = this.#socket !== undefined;
    const socket = (this.#socket ??= this.#open());
    const outcome = await converse(socket, request);
    if (outcome.end !== "answered" || isLast(outcome)) this.close();
    // A server may close a connection that nobody uses just when it is used again.
    const isStale = isReused && outcome.end === "closed" && outcome.answers.length === 0 && request.isHttp;
    return isStale ? this.exchange(request) : outcome;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Socket {
    const door = this.#door;
    const isSocket = "socketPath" in door;
    const socket = isSocket
      ? connect(door.socketPath)
      : connectTls({ host: "127.0.0.1", port: door.port, ca: door.ca, ALPNProtocols: ["http/1.1"] });
    return socket.on("error", () => undefined);
  }
}

const isLast = ({ answers }: Outcome): boolean => answers.at(-1)?.headers["connection"] === "close";

function patienceOf({ isHttp, mayStream, bytes }: FuzzRequest): number {
  if (!isHttp) return LISTEN_MS;
  if (!mayStream) return LATE_MS;
  return bytes.length % 16 === 0 ? LONGER_MS : LISTEN_MS;
}

function converse(socket: Socket, request: FuzzRequest): Promise<Outcome> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const answers: Answer[] = [];
    const finish = (end: Outcome["end"]) => {
      clearTimeout(timer);
      socket.off("data", onData);
      socket.off("close", onClose);
      resolve({ answers, end });
    };
    const mustAnswer = request.isHttp && !request.mayStream;
    const timer = setTimeout(() => finish(mustAnswer ? "late" : "cut off"), patienceOf(request));
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (
        let read = readAnswer(received, request.method);
        read;
        read = readAnswer(received, request.method)
      ) {
        received = received.subarray(read.length);
        if (read.answer.status >= 200 || read.answer.status === 101) answers.push(read.answer);
      }
      if (answers.length > 0 && request.isHttp) finish("answered");
    };
    const onClose = () => {
      const rest = readAnswer(received, request.method, true);
      if (rest) answers.push(rest.answer);
      finish("closed");
    };
    socket.on("data", onData);
    socket.once("close", onClose);
    socket.write(request.bytes);
  });
}
