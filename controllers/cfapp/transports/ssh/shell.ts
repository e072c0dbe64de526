/** One word of a command, whatever is in it. */
export const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
