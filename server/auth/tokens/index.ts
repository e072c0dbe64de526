export { nameIn, TokenDirectory, type TokenFile, type TokenRequest } from "./directory.ts";
export { isExpired, isLabel, type ScopedToken } from "./token.ts";
