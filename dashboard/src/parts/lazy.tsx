// A view whose code is fetched when somebody wants to see it.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Failed, Loading } from './states.tsx';

export function lazy<P extends object>(what: string, fetch: () => Promise<ComponentType<P>>): ComponentType<P> {
  let known: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [View, setView] = useState<ComponentType<P> | undefined>(() => known);
    const [problem, setProblem] = useState(false);
    const load = () => {
      setProblem(false);
      fetch().then(
        (view) => setView(() => (known = view)),
        () => setProblem(true),
      );
    };
    useEffect(() => {
      if (!known) load();
    }, []);
    if (View) return <View {...props} />;
    return problem ? <Failed what={`Could not load ${what}.`} why="If a new version has been deployed, reload the page." again={load} /> : <Loading what={what} />;
  };
}
