// What stands before the views: nobody to connect to, or a token to be given.
import { useEffect, useRef } from 'preact/hooks';
import { access, begin, complaint, prove } from '../../hub.ts';
import { Heading } from '../../parts/heading.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { bare } from './bare.ts';

const AGAIN_MS = 5_000;

export function Gate() {
  switch (access.value) {
    case 'unreachable':
      return <Unreachable />;
    case 'asking':
    case 'proving':
      return <Ask />;
    default:
      return <Loading what="The hub" rows={8} />;
  }
}

function Unreachable() {
  useEffect(() => {
    const timer = setInterval(() => void begin(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <section class="panel">
      <Heading>Hub unreachable</Heading>
      <Failed what="The hub is not responding." why="Retrying every 5 seconds." again={() => void begin()} />
    </section>
  );
}

/** A dialog that cannot be closed: without a token there is nothing behind it. */
function Ask() {
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const isProving = access.value === 'proving';
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  useEffect(() => {
    if (!isProving) input.current?.focus();
  }, [isProving]);
  const submit = (event: Event) => {
    event.preventDefault();
    const text = bare(input.current?.value ?? '');
    if (text === '') complaint.value = 'Enter a token.';
    else void prove(text);
  };
  return (
    <dialog ref={dialog} aria-labelledby="token-title" aria-describedby="token-why" closedby="none" onCancel={(event) => event.preventDefault()} onClose={() => dialog.current?.showModal()}>
      <form onSubmit={submit} autocomplete="off">
        <h1 id="token-title">Access token required</h1>
        <p id="token-why">This hub requires an access token: a JWT issued by its operator. It is kept in this page’s memory and lost when you reload or leave.</p>
        <label>
          <span>Token</span>
          <input ref={input} name="token" class="secret" type="text" autocapitalize="off" required autocomplete="off" spellcheck={false} aria-invalid={complaint.value !== null} aria-describedby="token-complaint" disabled={isProving} />
        </label>
        <p id="token-complaint" class="complaint" role="alert">
          {complaint}
        </p>
        <button type="submit" class="main" disabled={isProving}>
          {isProving ? 'Connecting…' : 'Connect'}
        </button>
      </form>
    </dialog>
  );
}
