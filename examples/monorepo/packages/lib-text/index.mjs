export const name = "lib-text";
export const version = 1;
export const parts = [];
