/** What the processes of one object use now. */
export interface Usage {
  /** Billionths of a core, over the window. */
  nanocores: number;
  memoryBytes: number;
  timeMs: number;
  windowMs: number;
}

/**
 * Whoever runs processes answers here what they use. It is measured when somebody asks, and stored nowhere: the server
 * shows what controllers see, and neither knows the other.
 */
export const usageReaders = new Set<(uid: string) => Usage | undefined>();

export function usageOf(uid: string): Usage | undefined {
  for (const read of usageReaders) {
    const usage = read(uid);
    if (usage) return usage;
  }
  return undefined;
}
