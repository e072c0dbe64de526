// Loaded into a process that is measured: answers questions about it over its IPC channel, idle otherwise.
import { monitorEventLoopDelay } from "node:perf_hooks";

const delay = monitorEventLoopDelay({ resolution: 1 });

const answers = {
  "watch-loop"() {
    delay.enable();
    delay.reset();
    return 0;
  },
  "loop-stall"() {
    const stallMs = delay.max / 1e6;
    delay.disable();
    return stallMs;
  },
  collect() {
    globalThis.gc?.();
    globalThis.gc?.();
    return 0;
  },
  cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e3;
  },
  resident: () => process.memoryUsage.rss(),
};

// A turn of the loop later, so that a stall that is just over has been seen.
process.on("message", ({ question }) => {
  setTimeout(() => process.send({ value: answers[question]() }), 5);
});
// The process ends as it would without us.
process.channel?.unref();
