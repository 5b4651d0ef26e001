import type { SeatId, SeatView } from '../../protocol/generated.ts';
import { isSite } from '../../store/selectors.ts';

/** Adds up arrivals and departures of sites between two takes; one that flaps in between counts for nothing. */
export class Crowd {
  #told: ReadonlySet<SeatId> | undefined;
  #present: ReadonlySet<SeatId> = new Set();

  see(seats: Iterable<SeatView>): void {
    const present = new Set<SeatId>();
    for (const seat of seats) {
      if (isSite(seat) && seat.connection.state === 'connected') present.add(seat.seat);
    }
    this.#present = present;
    this.#told ??= present;
  }

  take(): { readonly came: number; readonly went: number } {
    const told = this.#told ?? this.#present;
    const count = (of: ReadonlySet<SeatId>, without: ReadonlySet<SeatId>): number =>
      [...of].filter((seat) => !without.has(seat)).length;
    const change = { came: count(this.#present, told), went: count(told, this.#present) };
    this.#told = this.#present;
    return change;
  }
}
