// What is written about a coin while somebody looks at it.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { MentionData } from '@cryptointel/client';
import { ago, moment } from '../../format.ts';
import { hub } from '../../hub.ts';
import { now } from '../../parts/now.ts';
import { Empty } from '../../parts/states.tsx';
import { linkable } from './link.ts';

const MOST = 50;

export function Mentions({ entity }: { entity: string }) {
  const all = useSignal<readonly MentionData[]>([]);
  useEffect(() => {
    all.value = [];
    return hub().subscribe(`mentions:${entity}`, (it) => (all.value = [it, ...all.value].slice(0, MOST)));
  }, [entity]);
  return (
    <section class="panel mentions" aria-labelledby="mentions-title">
      <header>
        <h2 id="mentions-title">Mentions</h2>
      </header>
      {all.value.length === 0 ? (
        <Empty>No mentions since you opened this view.</Empty>
      ) : (
        <ul>
          {all.value.map(({ title, url, source, timestamp }, n) => {
            const href = linkable(url);
            return (
              <li key={`${all.value.length - n}`}>
                {href === undefined ? <b>{title}</b> : <a href={href} rel="noreferrer noopener" target="_blank">{title}</a>}
                <p>
                  {source}{' '}
                  <time dateTime={timestamp} title={moment(Date.parse(timestamp))}>
                    {ago(Date.parse(timestamp), now.value)}
                  </time>
                </p>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
