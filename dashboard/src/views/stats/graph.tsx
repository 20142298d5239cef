// Lines over time, with a table of the same for whoever does not see them.
import { clock, NOTHING, whole } from '../../format.ts';
import { pathOverTime } from '../../parts/path.ts';
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
  values: readonly (number | null)[];
}

/** Lines of values, one for each of `times`, milliseconds. */
export function Graph({ name, unit, times, lines }: { name: string; unit: string; times: readonly number[]; lines: readonly Line[] }) {
  const high = top(lines.flatMap(({ values }) => values));
  const frame = { width: WIDTH, height: HEIGHT, high, gap: GAP_MS };
  const d = ({ values }: Line) => pathOverTime(times.map((at, n) => ({ at, value: values[n] ?? null })), frame);
  const text = (value: number | null | undefined) => (value == null ? NOTHING : `${whole(value)}${unit && ` ${unit}`}`);
  const newest = lines.map((line) => `${line.name} ${text(line.values.at(-1))}`).join(', ');
  return (
    <figure class="panel graph">
      <figcaption>
        <h2>{name}</h2>
        <ul>
          {lines.map((line, n) => (
            <li key={line.name} class={`line-${n + 1}`}>
              {line.name} <b>{text(line.values.at(-1))}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="plot">
        <p class="scale">{text(high)}</p>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${name} over time: ${newest}`}>
          <path class="grid" d={`M0 0.5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`} />
          {lines.map((line, n) => (
            <path key={line.name} class={`line-${n + 1}`} d={d(line)} />
          ))}
        </svg>
        <p class="times">
          <span>{times[0] === undefined ? '' : clock(times[0])}</span>
          <span>{times.length < 2 ? '' : clock(times.at(-1) as number)}</span>
        </p>
      </div>
      <details>
        <summary>Latest {ROWS} values as a table</summary>
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
                      {text(line.values[from + n])}
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
