import picomatch from "picomatch";

/** Whether a path is one that these globs mean; none mean nothing. A glob without a slash is about names anywhere. */
export function matcherOf(globs: readonly string[]): (path: string) => boolean {
  const matchers = globs.map((glob) => picomatch(glob, { dot: true, basename: !glob.includes("/") }));
  return (path) => matchers.some((matches) => matches(path));
}
