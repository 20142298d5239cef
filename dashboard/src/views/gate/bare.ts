/** A token as people paste it, without the word that stands before it in a header. */
export const bare = (text: string): string => text.trim().replace(/^bearer\s+/i, '');
