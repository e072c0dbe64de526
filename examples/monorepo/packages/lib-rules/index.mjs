export const name = "lib-rules";
export const version = 1;
export const parts = [];
