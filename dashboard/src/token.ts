// The token, in memory and nowhere else: a reload forgets it.

let current: string | undefined;

export const token = (): string | undefined => current;

export function setToken(text: string | undefined): void {
  current = text;
}

/** In development the hub gives one to its own page. Elsewhere there is none. Throws if nobody answers. */
export async function tokenOfDevelopment(): Promise<string | undefined> {
  const answer = await fetch('/dashboard/session', { cache: 'no-store' });
  if (!answer.ok) return undefined;
  const { token: text } = await answer.json();
  return typeof text === 'string' ? text : undefined;
}
