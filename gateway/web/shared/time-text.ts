/** Moments as people here read them: `2026-11-23 15:04:05`, 24 h, in the viewer's zone. */
const two = (count: number) => String(count).padStart(2, '0');

export function clockText(at: number | string): string {
  const moment = new Date(at);
  return `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
}

export function momentText(at: number | string): string {
  const moment = new Date(at);
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())} ${clockText(at)}`;
}
