// Dates, times and numbers as Vietnamese offices write them. The time zone is fixed: a meeting is at 07:30 in
// Vietnam wherever the computer believes it is.

const ZONE = 'Asia/Ho_Chi_Minh';
// Vietnam has had no daylight saving since 1975; what people type is converted with this offset.
const OFFSET_SECONDS = 7 * 3600;

const dateParts = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
});
const timeParts = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
});
const integers = new Intl.NumberFormat('vi-VN', { maximumFractionDigits: 0 });
const decimals = new Intl.NumberFormat('vi-VN', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** "15/07/2026" */
export function formatDate(utcSeconds: number): string {
  return dateParts.format(utcSeconds * 1000);
}

/** "07:30" */
export function formatTime(utcSeconds: number): string {
  return timeParts.format(utcSeconds * 1000);
}

/** "3.321" */
export function formatCount(value: number): string {
  return integers.format(value);
}

/** "2,9" */
export function formatDecimal(value: number): string {
  return decimals.format(value);
}

/** "02:14", from an hour on "1:02:14". Negative values count as zero. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/** Reads "15/07/2026" and "07:30" as Vietnamese time; `undefined` if there is no such day or minute. */
export function parseDateTime(date: string, time: string): number | undefined {
  const day = /^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\s*$/.exec(date);
  const minute = /^\s*(\d{1,2})[:hg](\d{2})\s*$/.exec(time);
  if (day === null || minute === null) return undefined;
  const [d, m, y] = [Number(day[1]), Number(day[2]), Number(day[3])];
  const [hour, min] = [Number(minute[1]), Number(minute[2])];
  if (hour > 23 || min > 59) return undefined;
  const midnight = new Date(Date.UTC(y, m - 1, d));
  const exists =
    midnight.getUTCFullYear() === y && midnight.getUTCMonth() === m - 1 && midnight.getUTCDate() === d;
  return exists ? midnight.getTime() / 1000 + hour * 3600 + min * 60 - OFFSET_SECONDS : undefined;
}
