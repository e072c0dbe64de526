export const name = "lib-time";
export const version = 1;
export const parts = [];
