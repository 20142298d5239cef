// Lines over time, with a table of the same for whoever does not see them.
import { clock, NOTHING, whole } from '../../format.ts';
import { pathOverTime } from '../../parts/path.ts';
import { spanOf } from './samples.ts';
import { top } from './scale.ts';

const WIDTH = 320;
const HEIGHT = 120;
/** Answers come every two seconds: what lies further apart was not asked, or not answered. */
const GAP_MS = 6_000;
/** Rows of the table. */
const ROWS = 10;

/** `null` where a value is not known. */
export interface Line {
  name: string;
  /** Values are bounds: what is meant is not greater. */
  isBound?: boolean;
  values: readonly (number | null)[];
}

/** Lines of values, one for each of `times`, milliseconds. */
export function Graph({ name, unit, times, lines }: { name: string; unit: string; times: readonly number[]; lines: readonly Line[] }) {
  const high = top(lines.flatMap(({ values }) => values));
  const end = times.at(-1) ?? 0;
  const span = spanOf(times);
  const frame = { width: WIDTH, height: HEIGHT, high, begin: end - span, end, gap: GAP_MS };
  const d = ({ values }: Line) => pathOverTime(times.map((at, n) => ({ at, value: values[n] ?? null })), frame);
  const text = (value: number | null | undefined) => (value == null ? NOTHING : `${whole(value)}${unit && ` ${unit}`}`);
  const valueOf = ({ values, isBound }: Line, n: number) => `${isBound && values.at(n) != null ? '≤ ' : ''}${text(values.at(n))}`;
  const newest = lines.map((line) => `${line.name} ${valueOf(line, -1)}`).join(', ');
  return (
    <figure class="panel graph">
      <figcaption>
        <h2>{name}</h2>
        <ul>
          {lines.map((line, n) => (
            <li key={line.name} class={`line-${n + 1}`}>
              {line.name} <b>{valueOf(line, -1)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="plot">
        <p class="scale">
          {[high, high / 2, 0].map((value) => (
            <span key={value}>{text(value)}</span>
          ))}
        </p>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${name} over time: ${newest}`}>
          <path class="grid" d={`M0 0.5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`} />
          {lines.map((line, n) => (
            <path key={line.name} class={`line-${n + 1}`} d={d(line)} />
          ))}
        </svg>
        <p class="times">
          {[1, 0.5, 0].map((part) => (
            <span key={part}>{clock(end - part * span)}</span>
          ))}
        </p>
      </div>
      <details>
        <summary>Latest {Math.min(ROWS, times.length)} values as a table</summary>
        <table>
          <caption class="hidden">{name}, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {lines.map((line) => (
                <th key={line.name} scope="col" class="figure">
                  {line.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {times.slice(-ROWS).map((at, n, { length }) => {
              const from = times.length - length;
              return (
                <tr key={at}>
                  <th scope="row">{clock(at)}</th>
                  {lines.map((line) => (
                    <td key={line.name} class="figure">
                      {valueOf(line, from + n)}
                    </td>
                  ))}
                </tr>
              );
            }).reverse()}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
