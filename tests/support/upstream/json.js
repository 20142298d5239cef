// JSON whose numbers keep the digits that a test gave them, and whose figures a fault can spoil.

const ABSURD = '9000000000000000000'; // beyond every bound, and still a whole number that fits 64 bits

/** A number with exactly these digits, where `JSON.stringify` would write its own. */
export const digits = (text) => JSON.rawJSON(String(text));

/** A figure that prices depend on: `78000.10`, or as text `"78000.10"`. */
export class Figure {
  constructor(text, { quoted = false } = {}) {
    this.text = String(text);
    this.quoted = quoted;
  }

  /** What `JSON.stringify` takes for it, spoiled by the fault that is on. */
  written(fault) {
    if (fault === 'wrong_types') return true;
    const text = { negative_price: `-${this.text}`, absurd_price: ABSURD }[fault] ?? this.text;
    return this.quoted ? text : digits(text);
  }
}

/** A figure in JSON as text. */
export const quoted = (text) => new Figure(text, { quoted: true });

/** `value` as JSON; of the faults those that are about content change it, `empty` what is a list. */
export function write(value, fault) {
  let lists = 0;
  const text = JSON.stringify(value, (key, it) => {
    if (it instanceof Figure) return it.written(fault);
    if (fault !== 'empty' || !Array.isArray(it)) return it;
    lists += 1;
    return [];
  });
  return fault === 'empty' && lists === 0 ? '' : text;
}
