/** The address, if it is one that a page may be sent to: others, such as `javascript:`, are text. */
export function linkable(address: string): string | undefined {
  try {
    const { protocol, href } = new URL(address);
    return protocol === 'https:' || protocol === 'http:' ? href : undefined;
  } catch {
    return undefined;
  }
}
