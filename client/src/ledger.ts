import type { ErrorBody, Stands } from './frames.js';
import type { Host } from './transports/link.js';

/** What the hub holds for one connection, and what is to be asked of it next. */
export function ledger({ subscriptions, failed, live }: Host) {
  let held: string[] = []; // as the hub has them: in the order of asking, each under its newest name
  const missing = new Set<string>(); // not in the hub's list: refused, or another name of what is held
  const twice = new Set<string>(); // missing once more: refused, and the error may say why

  const book = {
    held: () => held,

    /** What is not wanted any more, and what is wanted besides; of what is missing one at a time, and nothing else with it. */
    next(): [drop: string[], add: string[], isProbe: boolean] {
      twice.forEach(subscriptions.refuse);
      twice.clear();
      const wanted = subscriptions.wanted();
      const drop = held.filter((name) => !wanted.includes(name));
      const add = wanted.filter((name) => !held.includes(name));
      const known = add.filter((name) => !missing.has(name));
      return known[0] || drop[0] ? [drop, known, false] : [drop, add.slice(0, 1), true];
    },

    /** All that is wanted, where it is asked for together, and whether that is only because of what is missing. */
    all(): [names: string[], isProbe: boolean] {
      const [drop, add, isProbe] = book.next();
      held = held.filter((name) => !drop.includes(name));
      return [isProbe ? [...held, ...add] : [...add, ...held], isProbe];
    },

    /** How an address names these, and where they are. */
    query(names: string[]): string {
      const places = subscriptions.places(names);
      return `channels=${names.map(encodeURIComponent)}${places ? `&recover=${encodeURIComponent(JSON.stringify(places))}` : ''}`;
    },

    /**
     * The hub's list, after these were asked for, and whether what it held before keeps its place in it.
     * Says how long to wait for errors about what is missing.
     */
    holds(now: string[], asked: string[], positions: Record<string, Stands>, isInPlace: boolean): number {
      held.forEach((before, at) => {
        const name = now[at] as string;
        // In the place of another name: they are the same channel, which goes on where it was. A name that is gone may also be forbidden now.
        const isNew = isInPlace && asked.includes(name) && !held.includes(name);
        if (isNew && !now.includes(before) && subscriptions.rename(before, name)) delete positions[name];
      });
      for (const name of asked) {
        if (now.includes(name)) missing.delete(name);
        else (missing.has(name) ? twice : missing).add(name);
      }
      held = now;
      for (const name of [...asked, ...Object.keys(positions)]) if (live()) subscriptions.stands(name, positions[name]);
      return missing.size && 200;
    },

    /** An error; says whether it is about one channel. */
    failed({ code, message, channel }: ErrorBody): boolean {
      if (channel === undefined || subscriptions.refuse(channel)) failed(code, message, channel);
      missing.delete(channel as string);
      twice.delete(channel as string);
      // The hub holds no more channels: those that are missing have no room.
      if (code === 'RATE_LIMITED' && !/ try again in /.test(message)) missing.forEach(subscriptions.refuse);
      return channel !== undefined;
    },
  };
  return book;
}
