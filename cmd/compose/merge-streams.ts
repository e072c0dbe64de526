/** What several streams give, as it comes; where several have something, the earlier stream goes first. */
export async function* mergeStreams<T>(streams: readonly AsyncIterable<T>[]): AsyncGenerator<T, void, void> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const pending = new Map(iterators.map((iterator, i) => [i, nextOf(iterator, i)]));
  try {
    while (pending.size > 0) {
      const { i, result } = await Promise.race(pending.values());
      if (result.done) pending.delete(i);
      else {
        pending.set(i, nextOf(iterators[i]!, i));
        yield result.value;
      }
    }
  } finally {
    await Promise.allSettled(iterators.map(async (iterator) => iterator.return?.()));
  }
}

const nextOf = async <T>(iterator: AsyncIterator<T>, i: number) => ({ i, result: await iterator.next() });
