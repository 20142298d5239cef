// The whole market in a few figures.
import type { ComponentChildren } from 'preact';
import { dollars, NOTHING, percent, sign, whole, words } from '../../format.ts';
import { useChannel } from '../../parts/use-channel.ts';

export function Tiles() {
  const summary = useChannel('market:summary').value;
  const volume = useChannel('market:volume').value;
  return (
    <section class="tiles" aria-label="The whole market">
      <dl>
        <Tile name="Market cap" value={summary && dollars(summary.total_market_cap)} stale={summary?.stale}>
          <Moved by={summary?.market_cap_change_24h} /> in 24 h
        </Tile>
        <Tile name="Volume, 24 h" value={summary && dollars(summary.total_volume_24h)} stale={summary?.stale}>
          {volume ? `${words(volume.trend)}${volume.change === null ? '' : `, ${percent(volume.change)} vs. average`}` : NOTHING}
        </Tile>
        <Tile name="Bitcoin dominance" value={summary && `${summary.bitcoin_dominance.toFixed(1)}%`} stale={summary?.stale}>
          of the market cap
        </Tile>
        <Tile name="Active coins (market)" value={summary && whole(summary.active_cryptocurrencies)} stale={summary?.stale}>
          across all exchanges
        </Tile>
        <Tile name="Most traded" value={volume && (volume.leaders[0]?.symbol ?? NOTHING)}>
          {volume?.leaders[0] ? `${volume.leaders[0].share.toFixed(1)}% of volume` : NOTHING}
        </Tile>
      </dl>
    </section>
  );
}

function Tile({ name, value, stale, children }: { name: string; value: string | null; stale?: boolean | undefined; children: ComponentChildren }) {
  return (
    <div class="tile">
      <dt>
        {name}
        {stale === true && <span class="mark">stale</span>}
      </dt>
      <dd class="value">{value ?? NOTHING}</dd>
      <dd class="more">{value === null ? 'Waiting for data…' : children}</dd>
    </div>
  );
}

function Moved({ by }: { by: number | null | undefined }) {
  return <span class={{ [-1]: 'falls', 0: 'rests', 1: 'rises' }[sign(by)]}>{percent(by)}</span>;
}
