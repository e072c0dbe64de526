export const name = "lib-cache";
export const version = 1;
export const parts = [];
