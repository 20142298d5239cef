import type { Host, Link } from './link.js';

/** Polling, whose code is fetched when it is needed: hardly ever. */
export function polling(host: Host): Link {
  let link: Link | undefined;
  import('./polling.js').then((it) => host.live() && (link = it.polling(host))).catch((cause) => host.end(`${cause}`, 'retry'));
  return { sync: () => link?.sync(), close: () => link?.close() };
}
