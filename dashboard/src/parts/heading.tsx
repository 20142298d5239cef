import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { arrived } from '../route.ts';

/** A view's own heading: whoever came by a link finds the focus here, as soon as it is there. */
export function Heading({ hidden, children }: { hidden?: boolean; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    if (arrived()) heading.current?.focus();
  }, []);
  return (
    <h1 ref={heading} class={hidden ? 'hidden' : undefined} tabIndex={-1}>
      {children}
    </h1>
  );
}
