// alternative.me's index of fear and greed: https://alternative.me/crypto/fear-and-greed-index/#api
import { quoted } from './json.js';
import { startProvider } from './provider.js';

export const FEAR_GREED = '/fng/';

const DAY = 86_400;
const WORDS = [[25, 'Extreme Fear'], [46, 'Fear'], [54, 'Neutral'], [75, 'Greed'], [100, 'Extreme Greed']];

/** @param {import('./world.js').World} world */
export function startAlternativeMe(world) {
  const answer = ({ path, query }) => {
    if (path !== FEAR_GREED) return { status: 404, value: { error: 'Not Found' } };
    const today = Math.floor(Date.now() / 1000 / DAY) * DAY;
    const limit = Number(query.get('limit') ?? 1) || 30; // 0: all there is
    const data = Array.from({ length: limit }, (_, n) => day(world.fearGreed, today - n * DAY, n === 0));
    return { value: body(data, null) };
  };
  return startProvider({
    answer,
    limited: () => body([], 'Too many requests'),
    refused: () => ({ value: body([], 'The index is not available') }),
  });
}

const body = (data, error) => ({ name: 'Fear and Greed Index', data, metadata: { error } });

const day = (value, at, latest) => ({
  value: quoted(value),
  value_classification: WORDS.find(([most]) => Number(value) <= most)[1],
  timestamp: String(at),
  ...(latest && { time_until_update: String(Math.ceil(at + DAY - Date.now() / 1000)) }),
});
