export const name = "lib-geo";
export const version = 1;
export const parts = [];
