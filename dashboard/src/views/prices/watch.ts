// Which coins are heard live: those in sight first.
import { hearPrice, loadCoins, loadedAt } from '../../coins.ts';
import { hub } from '../../hub.ts';
import { keepAsking } from '../../refresh.ts';
import { choose } from './choose.ts';

/** Whoever scrolls on has seen nothing yet. */
const SETTLE_MS = 250;

/** Watches rows as they come into sight. */
export class Watch {
  readonly #stops = new Map<string, () => void>();
  readonly #seen = new Map<Element, string>();
  readonly #observer: IntersectionObserver;
  #settle: ReturnType<typeof setTimeout> | undefined;
  readonly #stopAsking = keepAsking(loadCoins, loadedAt.peek()); // those out of sight

  constructor() {
    this.#observer = new IntersectionObserver((changes) => this.#sight(changes), { rootMargin: '100px 0px' });
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
    this.#stopAsking();
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
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#apply(), SETTLE_MS);
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
}
