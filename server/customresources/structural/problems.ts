import type { FieldError } from "../../../apis/errors.ts";
import { quote } from "../../admission/quote.ts";
import { Work } from "../work.ts";

/** More than is told to anybody: a value of a million mistakes must not become a million errors. */
const MAX_PROBLEMS = 200;

/** What is wrong with a value, in the words of Kubernetes; and how much may be done to find it. */
export class Problems {
  readonly work: Work;
  readonly #limit: number;
  readonly #found: FieldError[] = [];

  constructor(work = new Work(), limit = MAX_PROBLEMS) {
    this.work = work;
    this.#limit = limit;
  }

  get all(): readonly FieldError[] {
    return this.#found;
  }

  get count(): number {
    return this.#found.length;
  }

  /** Looking on would tell nothing new. */
  get isFull(): boolean {
    return this.#found.length >= this.#limit;
  }

  add(problem: FieldError): void {
    if (!this.isFull) this.#found.push(problem);
  }

  addAll(problems: readonly FieldError[]): void {
    for (const problem of problems.slice(0, this.#limit)) this.add(problem);
  }

  /** Takes back what was found since there were `count`. */
  forgetSince(count: number): void {
    this.#found.length = count;
  }
}

export const invalidValue = (field: string, value: unknown, why: string): FieldError => ({
  field,
  message: `Invalid value: ${quote(value)}: ${why}`,
  reason: "FieldValueInvalid",
});

export const wrongType = (field: string, found: string, wanted: string): FieldError => ({
  field,
  message: `Invalid value: ${quote(found)}: ${field} in body must be of type ${wanted}: ${quote(found)}`,
  reason: "FieldValueTypeInvalid",
});

export const required = (field: string, why = ""): FieldError => ({
  field,
  message: why ? `Required value: ${why}` : "Required value",
  reason: "FieldValueRequired",
});

export const notSupported = (field: string, value: unknown, supported: readonly unknown[]): FieldError => ({
  field,
  message: `Unsupported value: ${quote(value)}: supported values: ${supported.map(quote).join(", ")}`,
  reason: "FieldValueNotSupported",
});

export const forbidden = (field: string, why: string): FieldError => ({
  field,
  message: `Forbidden: ${why}`,
  reason: "FieldValueForbidden",
});

export const duplicate = (field: string, value: unknown): FieldError => ({
  field,
  message: `Duplicate value: ${quote(value)}`,
  reason: "FieldValueDuplicate",
});

export const tooMany = (field: string, count: number, most: number): FieldError => ({
  field,
  message: `Too many: ${count}: must have at most ${most} items`,
  reason: "FieldValueTooMany",
});

export const tooLong = (field: string, most: number): FieldError => ({
  field,
  message: `Too long: may not be more than ${most} bytes`,
  reason: "FieldValueTooLong",
});
