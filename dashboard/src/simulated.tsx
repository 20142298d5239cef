// That nobody trades at these prices.
import { useLayoutEffect } from 'preact/hooks';
import { announce } from './announce.ts';
import { isSimulated } from './coins.ts';

export function Simulated() {
  const is = isSimulated.value;
  useLayoutEffect(() => {
    if (is) announce('This hub shows simulated data.');
  }, [is]);
  if (!is) return null;
  return (
    <p class="simulated" title="This hub makes its prices up: they are not those of any market.">
      Simulated data
    </p>
  );
}
