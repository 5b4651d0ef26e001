// One lifetime. Whatever an edge opens (listener, timer, socket, track) it opens in a scope; ending the scope ends
// all of it, in reverse order, once.

export class Scope {
  #ends: (() => void)[] = [];
  #ended = false;

  /** A method, since it may change over any `await`. */
  hasEnded(): boolean {
    return this.#ended;
  }

  /** Runs when the scope ends; at once if it has ended. */
  onEnd(end: () => void): void {
    if (this.#ended) end();
    else this.#ends.push(end);
  }

  /** Listens until the scope ends. */
  listen(target: EventTarget, type: string, listener: (event: Event) => void): void {
    if (this.#ended) return;
    target.addEventListener(type, listener);
    this.onEnd(() => {
      target.removeEventListener(type, listener);
    });
  }

  /** Calls back once after some time, unless the scope ends before. The result takes it back. */
  after(delayMs: number, run: () => void): () => void {
    if (this.#ended) return () => undefined;
    const cancel = (): void => {
      clearTimeout(timer);
      this.#forget(cancel);
    };
    const timer = setTimeout(() => {
      this.#forget(cancel);
      run();
    }, delayMs);
    this.#ends.push(cancel);
    return cancel;
  }

  /** Calls back again and again until the scope ends. */
  every(periodMs: number, run: () => void): void {
    if (this.#ended) return;
    const timer = setInterval(run, periodMs);
    this.onEnd(() => {
      clearInterval(timer);
    });
  }

  /** A scope that ends with this one, or earlier by itself. */
  child(): Scope {
    const child = new Scope();
    const end = (): void => {
      child.end();
    };
    this.onEnd(end);
    child.onEnd(() => {
      this.#forget(end);
    });
    return child;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const ends = this.#ends.reverse();
    this.#ends = [];
    for (const end of ends) end();
  }

  #forget(end: () => void): void {
    this.#ends = this.#ends.filter((other) => other !== end);
  }
}
