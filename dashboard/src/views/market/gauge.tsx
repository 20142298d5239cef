// The mood of the market: a needle between bears and bulls, and the same in words.
import { Empty } from '../../parts/states.tsx';
import { share, signed, words } from '../../format.ts';
import { useChannel } from '../../parts/use-channel.ts';

const RADIUS = 80;

export function Mood() {
  const mood = useChannel('market:sentiment').value;
  return (
    <section class="panel mood" aria-labelledby="mood-title">
      <header>
        <h2 id="mood-title">Sentiment</h2>
      </header>
      {mood ? (
        <>
          <Gauge score={mood.score} word={words(mood.sentiment)} />
          <dl class="facts">
            <dt>Confidence</dt>
            <dd>{share(mood.confidence)}</dd>
            <dt>Advancing, declining, unchanged</dt>
            <dd>
              {mood.advancing}, {mood.declining}, {mood.unchanged}
            </dd>
            <dt>Fear and greed</dt>
            <dd>{mood.fear_greed ? `${mood.fear_greed.value}${mood.fear_greed.classification === null ? '' : `, ${mood.fear_greed.classification}`}` : 'unavailable'}</dd>
          </dl>
        </>
      ) : (
        <Empty>Waiting for sentiment data…</Empty>
      )}
    </section>
  );
}

/** From -1 to 1. */
export function Gauge({ score, word }: { score: number; word: string }) {
  const clamped = Math.max(-1, Math.min(1, score));
  const text = signed(score);
  return (
    <figure class="gauge">
      <svg viewBox="0 0 200 112" role="img" aria-label={`${word}: ${text} on a scale from −1 to +1`}>
        {ZONES.map(([from, to, name]) => (
          <path key={name} class={name} d={arc(from, to)} />
        ))}
        <g transform={`rotate(${clamped * 90} 100 100)`}>
          <path class="needle" d="M97 100 L100 30 L103 100 Z" />
          <circle class="needle" cx="100" cy="100" r="5" />
        </g>
      </svg>
      <figcaption>
        <b>{word}</b> <span>{text}</span>
      </figcaption>
    </figure>
  );
}

/** Where each word begins and ends. */
const ZONES: [number, number, string][] = [
  [-1, -0.6, 'zone-1'],
  [-0.6, -0.2, 'zone-2'],
  [-0.2, 0.2, 'zone-3'],
  [0.2, 0.6, 'zone-4'],
  [0.6, 1, 'zone-5'],
];

function arc(from: number, to: number): string {
  const at = (score: number) => {
    const angle = (score * Math.PI) / 2;
    return `${(100 + RADIUS * Math.sin(angle)).toFixed(2)} ${(100 - RADIUS * Math.cos(angle)).toFixed(2)}`;
  };
  return `M${at(from + 0.015)} A${RADIUS} ${RADIUS} 0 0 1 ${at(to - 0.015)}`;
}
