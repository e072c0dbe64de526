/** A refusal, as a Cloud Controller words it. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly title: string;

  constructor(status: number, [code, title]: readonly [number, string], detail: string) {
    super(detail);
    [this.status, this.code, this.title] = [status, code, title];
  }

  get body(): object {
    return { errors: [{ code: this.code, title: this.title, detail: this.message }] };
  }
}

export const notFound = (what: string): Refusal =>
  new Refusal(404, [10_010, "CF-ResourceNotFound"], `${what} not found`);

export const unprocessable = (detail: string): Refusal =>
  new Refusal(422, [10_008, "CF-UnprocessableEntity"], detail);

export const invalidRequest = (detail: string): Refusal =>
  new Refusal(400, [10_005, "CF-BadQueryParameter"], detail);

export const invalidToken = (): Refusal =>
  new Refusal(401, [1000, "CF-InvalidAuthToken"], "Invalid Auth Token");

export const notAuthenticated = (): Refusal =>
  new Refusal(401, [10_002, "CF-NotAuthenticated"], "Authentication error");
