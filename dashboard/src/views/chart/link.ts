/** The address, if it is one that a page may be sent to: others, such as `javascript:`, are text. */
export function linkable(address: string): string | undefined {
  const url = URL.parse(address);
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : undefined;
}
