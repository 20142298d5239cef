// How the page is connected, in the header; and a banner when it is not.
import type { State, Transport } from '@cryptointel/client';
import { clock, NOTHING } from './format.ts';
import { access, hub, isLimited, lostAt, status } from './hub.ts';

const STATES: Record<State, string> = {
  idle: 'Not connected',
  connecting: 'Connecting',
  open: 'Connected',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  closed: 'Closed',
};
const TRANSPORTS: Record<Transport, string> = { websocket: 'WebSocket', sse: 'SSE', polling: 'Polling' };

export function Connection() {
  const { state, transport, latency, reconnects, gaps } = status.value;
  return (
    <div class="connection" data-state={state} data-transport={transport}>
      <p>
        <i aria-hidden="true" />
        <b>{STATES[state]}</b>
      </p>
      <dl>
        <div>
          <dt>Transport</dt>
          <dd>{TRANSPORTS[transport]}</dd>
        </div>
        <div>
          <dt>Latency</dt>
          <dd>{latency === null ? NOTHING : `${Math.round(latency)} ms`}</dd>
        </div>
        <div>
          <dt>Reconnects</dt>
          <dd>{reconnects}</dd>
        </div>
        <div>
          <dt>Gaps</dt>
          <dd>{gaps}</dd>
        </div>
      </dl>
    </div>
  );
}

/** That what is shown is not as of now. */
export function Banner() {
  const { state, transport } = status.value;
  if (access.value !== 'ready') return null;
  if (state === 'open') {
    if (transport !== 'polling') return null;
    const why = isLimited.value ? 'This hub accepts no more connections from your network for now.' : 'Live streaming is not available on this network.';
    return <p class="banner mild">{why} Prices update about once a minute.</p>;
  }
  const since = lostAt.value === null ? '' : ` Showing data from ${clock(lostAt.value)}.`;
  if (state === 'closed') {
    return (
      <p class="banner">
        The hub closed the connection.{since}{' '}
        <button type="button" onClick={() => hub().connect()}>
          Reconnect
        </button>
      </p>
    );
  }
  if (state === 'offline') return <p class="banner">You are offline.{since} The page will reconnect automatically.</p>;
  if (lostAt.value === null) return null; // the first try: the views show that they wait
  return (
    <p class="banner">
      Connection lost.{since} Reconnecting…{' '}
      <button type="button" onClick={() => hub().wake()}>
        Retry now
      </button>
    </p>
  );
}
