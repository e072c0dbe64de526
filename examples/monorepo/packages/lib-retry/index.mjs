export const name = "lib-retry";
export const version = 1;
export const parts = [];
