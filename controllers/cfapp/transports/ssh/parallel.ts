/** Does some work for each item, at most so many at a time; the first problem ends it. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let isOver = false;
  const worker = async (): Promise<void> => {
    while (next < items.length && !isOver) {
      const index = next++;
      try {
        await work(items[index]!, index);
      } catch (error) {
        isOver = true;
        throw error;
      }
    }
  };
  const done = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, worker));
  for (const one of done) if (one.status === "rejected") throw one.reason;
}
