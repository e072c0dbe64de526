export const name = "lib-log";
export const version = 1;
export const parts = [];
