/** Pods tell whole seconds. Times that nobody knows are left out. */
export const secondsIn = <Name extends string>(
  times: Readonly<Record<Name, string | undefined>>,
): Partial<Record<Name, string>> =>
  Object.fromEntries(
    Object.entries<string | undefined>(times)
      .filter(([, time]) => time !== undefined && !Number.isNaN(Date.parse(time)))
      .map(([name, time]) => [name, `${new Date(time!).toISOString().slice(0, 19)}Z`]),
  ) as Partial<Record<Name, string>>;
