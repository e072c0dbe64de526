/** Now, as the API writes it in metadata: RFC 3339, whole seconds, UTC. */
export const nowSeconds = (): string => `${new Date().toISOString().slice(0, 19)}Z`;
