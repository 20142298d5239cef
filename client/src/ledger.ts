import type { ErrorBody, Subscribed } from './frames.js';
import type { Host } from './transports/link.js';

/** What the hub says that it holds. */
export type Held = Pick<Subscribed, 'channels'> & Partial<Pick<Subscribed, 'positions' | 'aliases'>>;

/** Refused channels that the hub names in one answer. */
const MOST_NAMED = 10;

/** What the hub holds for one connection, and what is to be asked of it next. */
export function ledger({ subscriptions, failed, live }: Host) {
  let held: string[] = []; // as the hub has them, each under its newest name
  const missing = new Set<string>(); // asked for in vain: asked for again by themselves, so that the hub says why
  const twice = new Set<string>(); // in vain again: refused

  const book = {
    held: () => held,

    /** What is not wanted any more, and what is wanted besides. Of what is missing no more than the hub names in one answer. */
    next(): [drop: string[], add: string[]] {
      twice.forEach(subscriptions.refuse);
      twice.clear();
      const wanted = subscriptions.wanted();
      const drop = held.filter((name) => !wanted.includes(name));
      const add = wanted.filter((name) => !held.includes(name));
      const known = add.filter((name) => !missing.has(name));
      return [drop, known[0] || drop[0] ? known : add.slice(0, MOST_NAMED)];
    },

    /** All that is wanted, where all is asked for together. What is held keeps its room, what is not wanted any more is not held. */
    all(): string[] {
      const [drop, add] = book.next();
      held = held.filter((name) => !drop.includes(name));
      return [...held, ...add];
    },

    /** How an address names these, and where they are. */
    query(names: string[]): string {
      const places = subscriptions.places(names);
      return `channels=${names.map(encodeURIComponent)}${places ? `&recover=${encodeURIComponent(JSON.stringify(places))}` : ''}`;
    },

    /** The hub's list, after these were asked for. Says how long to wait for errors about what is missing. */
    holds({ channels, positions = {}, aliases = {} }: Held, asked: string[]): number {
      for (const alias in aliases) {
        const name = aliases[alias] as string;
        subscriptions.rename(alias, name);
        // What was not asked for anew goes on.
        if (held.includes(alias) && !asked.includes(alias)) delete positions[name];
      }
      for (const name of asked) {
        if (channels.includes(name) || aliases[name]) missing.delete(name);
        else (missing.has(name) ? twice : missing).add(name);
      }
      held = channels;
      for (const name of [...asked, ...Object.keys(positions)]) if (live()) subscriptions.stands(name, positions[name]);
      return missing.size && 200;
    },

    /** An error; says whether it is about one channel. */
    failed({ code, message, channel }: ErrorBody): boolean {
      if (!channel || subscriptions.refuse(channel)) failed(code, message, channel);
      twice.delete(channel as string);
      // The hub holds no more channels: those that are missing have no room.
      if (code === 'RATE_LIMITED' && !/ try again in /.test(message)) missing.forEach(subscriptions.refuse);
      return !!channel;
    },
  };
  return book;
}
