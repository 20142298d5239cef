/** Messages that wait for a connection, at most so many: beyond that the oldest goes. */
export function queue(most: number, dropped: () => void) {
  const waiting: string[] = [];
  return {
    push(text: string) {
      waiting.push(text);
      if (waiting.length > most) {
        waiting.shift();
        dropped();
      }
    },
    /** Takes all. */
    drain: () => waiting.splice(0),
  };
}
