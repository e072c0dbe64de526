export const name = "lib-hash";
export const version = 1;
export const parts = [];
