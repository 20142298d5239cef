import { computed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Coin } from '../../coins.ts';
import { path } from '../../parts/path.ts';
import { bounds, direction } from './trail.ts';

const WIDTH = 96;
const HEIGHT = 24;

/** The way of a price since the page was opened. Its figures are in the cells beside it. */
export function Sparkline({ coin }: { coin: Coin }) {
  const line = useMemo(() => computed(() => path(coin.trail.value, WIDTH, HEIGHT, bounds(coin.trail.value))), [coin]);
  const course = useMemo(() => computed(() => ({ [-1]: 'falls', 0: 'rests', 1: 'rises' })[direction(coin.trail.value)]), [coin]);
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true" focusable="false">
      <path d={line} class={course} />
    </svg>
  );
}
