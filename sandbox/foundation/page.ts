/** A list as a Cloud Controller gives it. */
export function page(path: string, resources: readonly object[], query: Query = {}): object {
  const perPage = Math.min(Math.max(Number(query["per_page"] ?? 50) || 50, 1), 5000);
  const number = Math.max(Number(query["page"] ?? 1) || 1, 1);
  const pages = Math.max(1, Math.ceil(resources.length / perPage));
  const at = (page: number) => ({
    href: `${path}?${new URLSearchParams({ ...query, page: String(page), per_page: String(perPage) }).toString()}`,
  });
  return {
    pagination: {
      total_results: resources.length,
      total_pages: pages,
      first: at(1),
      last: at(pages),
      next: number < pages ? at(number + 1) : null,
      previous: number > 1 ? at(number - 1) : null,
    },
    resources: resources.slice((number - 1) * perPage, number * perPage),
  };
}

export type Query = Readonly<Record<string, string>>;

/** Whether a value is among those that a query asks for, or it asks for none. */
export const matches = (query: Query, field: string, value: string): boolean =>
  query[field] === undefined || query[field].split(",").map(decodeURIComponent).includes(value);
