// From a shard's socket to the body of an answer. It is here, and holds all that the runtime gave, so that Wasm holds none of it:
// when the runtime ends a request whose client has gone, no code runs any more, and only what JavaScript holds is collected.

const COMMENT_MS = 15_000;
const UNREAD_MS = 30_000;

export class Bridge {
  #socket;
  #hear;
  #most;
  #signal;
  #body;
  #stream;
  #begun;
  #patience;
  #comments;

  /**
   * @param {Response} response of a shard, with a socket
   * @param {Request} request its client's
   * @param {(bridge: Bridge, frame?: string) => void} hear what is done with a frame; without one, everything is over
   * @param {number} most bytes that may wait for a client to read them
   */
  constructor(response, request, hear, most) {
    this.#socket = response.webSocket;
    this.#hear = hear;
    this.#most = most;
    this.#signal = request.signal;
    this.#signal?.addEventListener('abort', () => this.end());
  }

  /**
   * Says these frames to the shard. The body, once it begins; nothing if it does not within so many milliseconds.
   *
   * @param {string[]} frames
   * @param {number} patience
   * @returns {Promise<ReadableStream | undefined>}
   */
  open(frames, patience) {
    // Of bytes: the runtime then counts what waits in it by itself.
    this.#body = new ReadableStream(
      { type: 'bytes', start: (stream) => (this.#stream = stream), cancel: () => this.#leave() },
      { highWaterMark: this.#most },
    );
    const begun = new Promise((resolve) => (this.#begun = resolve));
    this.#socket.addEventListener('message', ({ data }) => this.#hear?.(this, data));
    this.#socket.addEventListener('close', () => this.end());
    this.#socket.addEventListener('error', () => this.end());
    this.#socket.accept();
    for (const frame of frames) this.#socket.send(frame);
    this.#patience = setTimeout(() => this.end(), patience);
    // It may have gone while a shard was looked for.
    if (this.#signal?.aborted) this.end();
    return begun;
  }

  /** The body begins with these bytes. */
  begin(bytes) {
    clearTimeout(this.#patience);
    this.#comments = setInterval(() => this.write(new TextEncoder().encode(': \n\n')), COMMENT_MS);
    this.#begun(this.#body);
    this.write(bytes);
  }

  /**
   * Goes on with these. If too many wait, that is the end: the client reads them and comes back for the rest, or does not read, and is
   * cut off. What was missed comes in one piece: that much waits says nothing of the client.
   */
  write(bytes) {
    // Of nothing the runtime takes no chunk.
    if (this.#stream === undefined || bytes.length === 0) return;
    const stream = this.#stream;
    stream.enqueue(bytes);
    if (stream.desiredSize > 0) return;
    this.end();
    setTimeout(() => stream.error(new Error('the client does not read its events')), UNREAD_MS);
  }

  /** Ends the body after what it has. */
  end() {
    this.#stream?.close();
    this.#leave();
  }

  /** Lets go of all. */
  #leave() {
    if (this.#stream === undefined) return;
    this.#stream = undefined;
    clearTimeout(this.#patience);
    clearInterval(this.#comments);
    this.#begun(undefined);
    try {
      this.#socket.close(1000, 'the stream has ended');
    } catch {
      // It is closed already.
    }
    const hear = this.#hear;
    this.#hear = undefined;
    hear(this);
  }
}
