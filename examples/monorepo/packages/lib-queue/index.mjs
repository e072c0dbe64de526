export const name = "lib-queue";
export const version = 1;
export const parts = [];
