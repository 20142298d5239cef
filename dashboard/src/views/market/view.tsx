// The market at a glance: figures, prices, signals, mood.
import { Prices } from '../prices/table.tsx';
import { Signals } from '../signals/signals.tsx';
import { Mood } from './gauge.tsx';
import { Tiles } from './tiles.tsx';
import { Heading } from '../../parts/heading.tsx';

export function MarketView() {
  return (
    <>
      <Heading hidden>The market</Heading>
      <Tiles />
      <div class="columns">
        <div class="main">
          <Prices />
        </div>
        <div class="side">
          <Mood />
          <Signals />
        </div>
      </div>
    </>
  );
}
