import { choice, chosen, hasState, plain } from './channels.js';
import type { Message, Stands } from './frames.js';
import type { Gap, OwnCode, Place } from './types.js';

/** One call of `subscribe`. */
export interface Listener {
  hear(data: unknown, message: Message): void;
}

/** A channel of the hub, under all the names that it has here. */
interface Entry {
  /** As the hub calls it at the moment, without a choice of messages. */
  base: string;
  /** By name, choice included. */
  names: Map<string, Set<Listener>>;
  /** The last message that was told. */
  place?: Place;
  /** The next message may be the current value, which stands where `place` is. */
  fresh?: boolean;
  /** What was missed is still to come; until then nothing is told. */
  waits?: boolean;
  /** `last` is the newest that there is, as far as this connection knows. */
  isCurrent?: boolean;
  /** Who has not been told `last`. */
  late: Set<Listener>;
  /** The hub does not want to give it; not asked for again on this connection. */
  refused?: boolean;
  /** The hub refuses its choices: it is asked for all of the channel. */
  whole?: boolean;
  /** It was refused once, perhaps by a connection before. */
  loser?: boolean;
  last?: Message;
}

export type Subscriptions = ReturnType<typeof subscriptions>;

/** Who listens to what, and how far each channel has got. */
export function subscriptions(failed: (code: OwnCode, cause: unknown, channel: string) => void, gap: (gap: Gap) => void) {
  const entries = new Map<string, Entry>(); // several names of one channel lead to the same entry

  let resets = 0;

  const find = (name: string) => entries.get(plain(name));

  /** The name that asks the hub for all that is listened to. */
  const wire = ({ base, names, whole }: Entry) => {
    const choices = [...names.keys()].map(choice); // each once: the names are
    return whole || choices.includes('') ? base : `${base}?${choices.join(';')}`;
  };

  const tell = (entry: Entry, message: Message, only?: Set<Listener>) => {
    const told = new Set<Listener>();
    entry.late = new Set();
    for (const [name, listeners] of [...entry.names]) {
      if (name !== message.channel && !chosen(name, message.data as never)) continue;
      for (const listener of [...listeners]) {
        if (told.has(listener) || !listeners.has(listener) || (only && !only.has(listener))) continue;
        told.add(listener);
        entry.late.delete(listener);
        try {
          listener.hear(message.data, name === message.channel ? message : { ...message, channel: name });
        } catch (cause) {
          failed('CALLBACK_FAILED', cause, name);
        }
      }
    }
  };

  /** Tells who came late the newest value, if nothing newer comes before. */
  const tellLast = (entry: Entry, listeners: Iterable<Listener> = []) => {
    for (const listener of listeners) entry.late.add(listener);
    Promise.resolve().then(() => {
      if (entry.last && entry.isCurrent && hasState(entry.base)) tell(entry, entry.last, entry.late);
    });
  };

  /** Tells of a gap; says whether who was told has ended it all. Then the place stays: it may yet be recovered from there. */
  const lost = (entry: Entry, to: Place) => {
    const before = resets;
    gap({ channel: wire(entry), from: entry.place as Place, to });
    return resets > before;
  };

  /** Whether it follows what was told; takes its place. */
  const follows = (entry: Entry, epoch: string, offset: number) => {
    const { place } = entry;
    const same = place && place.epoch === epoch;
    if (entry.waits || (same && offset <= place.offset && !entry.fresh)) return false;
    const to = { epoch, offset };
    if (place && (!same || (offset > place.offset + 1 && !choice(wire(entry)))) && lost(entry, to)) return false;
    if (!same || offset > place.offset) entry.place = to;
    entry.fresh = false;
    return true;
  };

  return {
    add(name: string, listener: Listener) {
      const base = plain(name);
      const entry: Entry = entries.get(base) ?? { base, names: new Map(), late: new Set() };
      entries.set(base, entry);
      entry.names.set(name, (entry.names.get(name) ?? new Set()).add(listener));
      entry.refused = false;
      tellLast(entry, [listener]);
    },

    /** Without a listener: all of that name. */
    remove(name: string, listener?: Listener) {
      const names = find(name)?.names;
      const listeners = names?.get(name);
      if (listener) listeners?.delete(listener);
      else listeners?.clear();
      if (!listeners?.size) names?.delete(name);
    },

    /**
     * What the hub is to be asked for. Channels that nobody listens to are forgotten now, not when the last one left. Those whose
     * place is known come after the others: of two names of one channel the last one counts, and gets what was missed. What was
     * refused comes last: there may be no room, and who had some keeps it.
     */
    wanted(): string[] {
      const wanted: string[][] = [[], [], []];
      for (const [name, entry] of entries) {
        if (!entry.names.size) entries.delete(name);
        else if (!entry.refused) wanted[entry.loser ? 2 : entry.place ? 1 : 0]?.push(wire(entry));
      }
      return [...new Set(wanted.flat())];
    },

    /** Where these channels are, for `recover`: nothing if that is known of none. */
    places(names: string[]): Record<string, Place> | undefined {
      const places = names.map((name) => [name, find(name)?.place]).filter(([, place]) => place);
      return places[0] && Object.fromEntries(places);
    },

    /** What these channels miss is asked for: until it comes, nothing of them counts. */
    wait(names: string[]) {
      for (const name of names) {
        const entry = find(name);
        if (entry) entry.waits = !!entry.place;
      }
    },

    /** A connection begins, or all is over. */
    reset() {
      resets++;
      for (const entry of entries.values()) entry.refused = entry.waits = entry.isCurrent = entry.whole = false;
    },

    /** The hub refuses a channel; says whether that is new. One bad choice of several, or one too many, costs the others nothing. */
    refuse(name: string): boolean {
      const entry = find(name);
      if (!entry || entry.refused) return false;
      if (entry.names.size > 1 && !entry.whole && choice(wire(entry))) return (entry.whole = true);
      entry.refused = entry.loser = true;
      return true;
    },

    /** The hub calls a channel `now` that has another name here: they are one, which goes on where it was. */
    rename(alias: string, now: string) {
      const [a, b] = [find(alias), find(now)];
      if (!a) return;
      const [entry, other] = b?.place && !a.place ? [b, a] : [a, b];
      entry.base = plain(now);
      entry.refused = false;
      entries.set(entry.base, entry);
      if (!other || other === entry) return;
      const those = [...entry.names.values()];
      for (const [name, listeners] of other.names) {
        entry.names.set(name, listeners);
        tellLast(entry, [...listeners].filter((it) => !those.some((them) => them.has(it))));
      }
      for (const [name, it] of entries) if (it === other) entries.set(name, entry);
    },

    /** Where a channel stands that was asked for, if the hub says so: before its messages, or `after` all that were chosen. */
    stands(name: string, { recovered, epoch, offset }: Partial<Stands> = {}, after?: boolean) {
      const entry = find(name);
      if (!entry) return;
      entry.waits = false;
      if (!epoch || offset === undefined) return;
      const { place } = entry;
      const isThere = place && place.epoch === epoch && place.offset === offset;
      const to = { epoch, offset };
      if (recovered || (isThere && !entry.fresh)) {
        if (after && choice(name)) entry.place = to; // where all is chosen, the messages themselves show it
        // What stands there has been told.
        if (isThere) entry.isCurrent = true;
        return tellLast(entry);
      }
      if (place && !isThere && lost(entry, to)) return;
      entry.place = to;
      entry.fresh = true;
    },

    /** A message of a channel; says whether it was new to somebody. */
    hear(message: Message): boolean {
      const entry = find(message.channel);
      const { epoch, offset, data } = message;
      if (!entry || !epoch || Object(data) !== data || !follows(entry, epoch, offset)) return false;
      entry.isCurrent = true;
      entry.last = message;
      tell(entry, message);
      return true;
    },
  };
}
