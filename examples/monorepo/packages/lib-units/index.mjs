export const name = "lib-units";
export const version = 1;
export const parts = [];
