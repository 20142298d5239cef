// What the names of channels say.

/** Only these take a choice of messages behind `?`; elsewhere it is a letter like any other. */
const CHOOSY = /^(whale|moderation|tasks|pipelines|budget)\?/;
const STATE = /^(price|market|candles|sentiment|trending|health)\b/;

/** The name without the choice of messages. */
export const plain = (name: string): string => (CHOOSY.test(name) ? name.slice(0, name.indexOf('?')) : name);

/** The choice of messages, if there is one. */
export const choice = (name: string): string => name.slice(plain(name).length + 1);

/** Whether its newest message is all that there is to know. */
export const hasState = (name: string): boolean => STATE.test(name);

/** Whether a message is of those chosen: the hub's rules, for when several choices share one subscription. */
export function chosen(name: string, data: Record<string, unknown>): boolean {
  const clauses = choice(name);
  return !clauses || clauses.split(';').some((clause) => clause.split('&').every((field) => fits(field, data)));
}

/** What cannot be decoded stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function fits(field: string, data: Record<string, unknown>): boolean {
  const [name, value = ''] = field.split(/=(.*)/s).map(decoded) as [string, string?];
  if (name === 'tokens') return value.toUpperCase().split(',').includes(`${data['token']}`.toUpperCase());
  return name === 'minAmount' ? (data['amountUSD'] as number) >= +value : data[name] === value;
}
