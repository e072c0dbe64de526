/** The time of day, as the person's clock shows it; with milliseconds if they are known. */
export function clockTime(time: string): string {
  const date = new Date(time);
  const seconds = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return time.includes(".") ? `${seconds}.${pad(date.getMilliseconds(), 3)}` : seconds;
}

const pad = (value: number, length = 2): string => String(value).padStart(length, "0");
