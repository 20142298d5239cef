// Sums and products of decimals in text, exact: a test compares digits.

/** `a + b`. */
export function add(a, b) {
  const places = Math.max(scale(a), scale(b));
  return shown(whole(a, places) + whole(b, places), places);
}

/** `a * b`. */
export function times(a, b) {
  return shown(whole(a, scale(a)) * whole(b, scale(b)), scale(a) + scale(b));
}

const scale = (text) => (text.split('.')[1] ?? '').length;

const whole = (text, places) => BigInt(text.replace('.', '') + '0'.repeat(places - scale(text)));

function shown(value, places) {
  const all = String(value).padStart(places + 1, '0');
  const text = places ? `${all.slice(0, -places)}.${all.slice(-places)}` : all;
  return places ? text.replace(/\.?0+$/, '') : text;
}
