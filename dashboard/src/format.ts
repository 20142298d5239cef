// Figures as people read them. Always the same digits in the same place, so that columns are aligned.

const formats = new Map<string, Intl.NumberFormat>();

function format(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  let known = formats.get(key);
  if (!known) formats.set(key, (known = new Intl.NumberFormat('en-US', options)));
  return known;
}

/** What stands where nothing is known. */
export const NOTHING = '–';

/** How many digits behind the point a price of this size has: five that count, at least two, at most twelve. */
export function digits(price: number): number {
  if (!(price > 0)) return 2;
  return Math.min(12, Math.max(2, 4 - Math.floor(Math.log10(price))));
}

/** `43,250.75`, `0.00001234`: in US dollars. */
export function price(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NOTHING;
  const n = digits(Math.abs(value));
  return format(`price ${n}`, { minimumFractionDigits: n, maximumFractionDigits: n }).format(value);
}

/** `+2.34%`, with a minus sign that is as wide as the plus. */
export function percent(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NOTHING;
  const text = format('percent', { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'exceptZero' }).format(value);
  return `${text.replace('-', '−')}%`;
}

/** `+0.25`, `−0.25`, `0.00`: a score. */
export const signed = (value: number): string =>
  format('signed', { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'exceptZero' }).format(value).replace('-', '−');

/** `1.25B`. */
export function compact(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NOTHING;
  if (Math.abs(value) < 1000) return whole(value);
  return format('compact', { notation: 'compact', minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
}

/** `$1.25B`. */
export const dollars = (value: number | null | undefined): string => (value == null ? NOTHING : `$${compact(value)}`);

/** `12,345`, `12.5`. */
export function whole(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NOTHING;
  const n = Math.abs(value) < 100 ? 1 : 0;
  return format(`whole ${n}`, { maximumFractionDigits: n }).format(value);
}

/** `85%` of 0.85. */
export const share = (value: number): string => `${Math.round(value * 100)}%`;

/** `-1` for what falls, `1` for what rises. */
export const sign = (value: number | null | undefined): -1 | 0 | 1 => (value == null ? 0 : value > 0 ? 1 : value < 0 ? -1 : 0);

/** `price_anomaly` reads as `Price anomaly`. */
export function words(text: string): string {
  return sentence(text.replaceAll('_', ' '));
}

/** As a sentence begins. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `just now`, `42 s ago`, `3 min ago`, `5 h ago`, `2 d ago`. */
export function ago(then: number, now: number): string {
  const seconds = Math.round((now - then) / 1000);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** `12:30:05`, here. */
export const clock = (at: number): string => new Date(at).toLocaleTimeString('en-GB');

/** `2025-12-02 12:30`, here. */
export function moment(at: number): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
