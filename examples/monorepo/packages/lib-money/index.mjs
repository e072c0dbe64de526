export const name = "lib-money";
export const version = 1;
export const parts = [];
