// What stands in the place of a chart that there is not: the way to those that there are.
import { charts } from '../../charts.ts';
import { coins } from '../../coins.ts';
import { Empty } from '../../parts/states.tsx';

export function None({ symbol }: { symbol: string }) {
  const others = coins.value.filter((coin) => charts.value?.has(coin.symbol));
  return (
    <>
      <Empty>This hub has no chart for {symbol}. Its price is live all the same.</Empty>
      {others.length > 0 && (
        <div class="others">
          <span>Charts:</span>
          <ul aria-label="Coins with a chart">
            {others.map(({ id, symbol: ticker, name }) => (
              <li key={id}>
                <a href={`#/coin/${encodeURIComponent(id)}`} title={name}>
                  {ticker}
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
