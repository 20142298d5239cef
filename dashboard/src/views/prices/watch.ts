// Which coins are heard live: those in sight first.
import { hearPrice, loadCoins } from '../../coins.ts';
import { hub, status } from '../../hub.ts';
import { choose } from './choose.ts';

const SETTLE_MS = 250;
const REFRESH_MS = 60_000;
/** The REST API answers 100 questions in a quarter of an hour, and polling needs nearly all of them. */
const REFRESH_POLLING_MS = 300_000;

/** Watches rows as they come into sight. */
export class Watch {
  readonly #stops = new Map<string, () => void>();
  readonly #seen = new Map<Element, string>();
  readonly #observer: IntersectionObserver;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #refresh: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#observer = new IntersectionObserver((changes) => this.#sight(changes), { rootMargin: '100px 0px' });
    this.#refreshLater();
  }

  /** A row is there. Gives a function that says that it is gone. */
  row(element: HTMLElement): () => void {
    this.#observer.observe(element);
    return () => {
      this.#observer.unobserve(element);
      this.#seen.delete(element);
    };
  }

  /** The view is left. */
  end(): void {
    clearTimeout(this.#settle);
    clearTimeout(this.#refresh);
    this.#refresh = undefined;
    this.#observer.disconnect();
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }

  #sight(changes: IntersectionObserverEntry[]) {
    for (const { target, isIntersecting } of changes) {
      const id = (target as HTMLElement).dataset['coin'];
      if (isIntersecting && id !== undefined) this.#seen.set(target, id);
      else this.#seen.delete(target);
    }
    this.#settle ??= setTimeout(() => {
      this.#settle = undefined;
      this.#apply();
    }, SETTLE_MS);
  }

  #apply() {
    const rows = [...this.#seen].sort(([a], [b]) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    const { add, drop } = choose([...this.#stops.keys()], rows.map(([, id]) => id));
    for (const id of drop) {
      this.#stops.get(id)?.();
      this.#stops.delete(id);
    }
    for (const id of add) this.#stops.set(id, hub().subscribe(`price:${id}`, (data) => hearPrice(id, data)));
  }

  /** Coins out of sight are asked for now and then. */
  #refreshLater() {
    const pause = status.value.transport === 'polling' ? REFRESH_POLLING_MS : REFRESH_MS;
    this.#refresh = setTimeout(() => {
      const live = new Set(status.value.state === 'open' ? this.#stops.keys() : []);
      const asked = document.hidden || status.value.state !== 'open' ? Promise.resolve() : loadCoins(live).catch(() => {});
      void asked.then(() => this.#refresh !== undefined && this.#refreshLater());
    }, pause);
  }
}
