import type { SignalData } from '@cryptointel/client';
import { ago, moment, share, words } from '../../format.ts';
import { now } from '../../parts/now.ts';
import { fresh } from './feed.ts';

/** One signal. All of its text comes from elsewhere, and is text. */
export function Item({ signal, coin }: { signal: SignalData; coin: string | undefined }) {
  const { id, symbol, type, confidence, description, timestamp } = signal;
  const at = Date.parse(timestamp);
  return (
    <li data-signal={id} class={fresh.has(id) ? 'fresh' : undefined}>
      <p class="what">
        {coin === undefined ? <b>{symbol}</b> : <a href={`#/coin/${encodeURIComponent(coin)}`}>{symbol}</a>} <span>{words(type)}</span>
        <time dateTime={timestamp} title={moment(at)}>
          {ago(at, now.value)}
        </time>
      </p>
      <p class="why">{description}</p>
      <p class="confidence">
        <meter min={0} max={1} value={confidence} aria-label="Confidence">
          {share(confidence)}
        </meter>
        <span>{share(confidence)}</span>
      </p>
    </li>
  );
}
