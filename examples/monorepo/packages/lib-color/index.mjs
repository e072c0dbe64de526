export const name = "lib-color";
export const version = 1;
export const parts = [];
