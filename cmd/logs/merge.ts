/** The items of several streams, each of which is in order, in one order. */
export async function* mergeByTime<T extends { time: string }>(
  streams: readonly AsyncIterator<T>[],
): AsyncGenerator<T, void, void> {
  const heads = await Promise.all(streams.map(async (stream) => ({ stream, next: await stream.next() })));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done) continue;
      if (!first || head.next.value.time < (first.next.value as T).time) first = head;
    }
    if (!first) return;
    yield first.next.value as T;
    first.next = await first.stream.next();
  }
}
