/** An expression that cannot be evaluated: a key that is not there, a division by zero, a function of other types. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
}
