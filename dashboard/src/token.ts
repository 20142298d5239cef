// The token, in memory and nowhere else: a reload forgets it.

let current: string | undefined;

export const token = (): string | undefined => current;

export function setToken(text: string | undefined): void {
  current = text;
}
