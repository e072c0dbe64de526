/**
 * Where tiltish is known not to follow a rule: the name of the test, and the reason. Such a test must fail; one that
 * passes is no deviation any more, and fails the run.
 */
export const DEVIATIONS: Readonly<Record<string, string>> = {};
