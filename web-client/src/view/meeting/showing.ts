// What is on the screen right now, gathered from the pictures that are there. A picture tells its height when it
// appears and whenever it changes, and takes it back when it goes; the sum is told at once per frame.

import type { SeatId } from '../../protocol/generated.ts';
import type { Showing } from '../../store/actions.ts';

type Place =
  | { readonly kind: 'programme' }
  | { readonly kind: 'slides' }
  | { readonly kind: 'tile'; readonly seat: SeatId };

export class Shown {
  readonly #pictures = new Map<symbol, { readonly place: Place; readonly height: number }>();
  readonly #tell: (showing: Showing) => void;
  #due = false;

  constructor(tell: (showing: Showing) => void) {
    this.#tell = tell;
  }

  /** An attachment that reports the element's height for as long as it is on the page. */
  readonly reports =
    (place: Place) =>
    (element: HTMLElement): (() => void) => {
      const picture = Symbol(place.kind);
      const observer = new ResizeObserver((entries) => {
        for (const entry of entries) this.#set(picture, place, Math.round(entry.contentRect.height));
      });
      observer.observe(element);
      return () => {
        observer.disconnect();
        this.#pictures.delete(picture);
        this.#schedule();
      };
    };

  #set(picture: symbol, place: Place, height: number): void {
    this.#pictures.set(picture, { place, height });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#tell(this.#whole());
    });
  }

  #whole(): Showing {
    let [programme, slides] = [0, 0];
    const tiles = new Map<SeatId, number>();
    for (const { place, height } of this.#pictures.values()) {
      if (place.kind === 'programme') programme = Math.max(programme, height);
      else if (place.kind === 'slides') slides = Math.max(slides, height);
      else tiles.set(place.seat, Math.max(tiles.get(place.seat) ?? 0, height));
    }
    // The largest is wanted most: a host's preview before the pages of the wall.
    const wanted = [...tiles].map(([seat, height]) => ({ seat, height })).sort((a, b) => b.height - a.height);
    return { programme, slides, tiles: wanted };
  }
}
