// What the pictures cost this computer. Three signs, because no browser shows all of them on every machine: pictures
// that came too late to be shown, long tasks of the page, and decoders that are at work all the time.

/** How far behind a computer is, each from 0 to 1. */
export type Load = {
  /** Of the pictures that arrived, those that were not shown. */
  readonly dropped: number;
  /** Of the time, what went into tasks too long for a key or a button to be answered. */
  readonly busy: number;
  /** Of the time, what the busiest picture's decoder was at work. Near 1 it falls behind: each picture has one decoder,
   *  and one decoder is one thread. 0 where a browser does not tell. */
  readonly decoding: number;
};

/** Whether somebody can see the page, and how busy it was since the last reading. */
export type Watch = { readonly seen: 'visible' | 'hidden'; readonly busy: number };

/** Fewer pictures in one reading say nothing about a share. */
const FRAMES_MIN = 20;

/** One entry of a browser's report. Browsers differ in what they fill in. */
type Entry = Readonly<Record<string, unknown>>;

/** Counters of one slot since its transport began. A dropped picture was decoded and came too late to be shown. */
type Counters = { readonly decoded: number; readonly dropped: number; readonly decodeMs: number };

type Sample = { readonly at: number; readonly slots: ReadonlyMap<string, Counters> };

export class LoadMeter {
  #before: Sample | null = null;

  /** The load since the last reading. Both ends of the span must have been seen: what was hidden between them was
   *  dropped for no fault. `now` in milliseconds. */
  read(report: ReadonlyMap<string, Entry>, { seen, busy }: Watch, now: number): Load | null {
    const before = this.#before;
    const after = seen === 'visible' ? { at: now, slots: countersOf(report) } : null;
    this.#before = after;
    if (before === null || after === null || after.at <= before.at) return null;
    const spent = [...after.slots].map(([id, counters]) => since(before.slots.get(id), counters));
    // Counters begin anew with a new transport.
    if (spent.some(({ decoded, dropped, decodeMs }) => decoded < 0 || dropped < 0 || decodeMs < 0))
      return null;
    const decoded = spent.reduce((sum, one) => sum + one.decoded, 0);
    const dropped = spent.reduce((sum, one) => sum + one.dropped, 0);
    const longest = Math.max(0, ...spent.map(({ decodeMs }) => decodeMs));
    return {
      dropped: decoded < FRAMES_MIN ? 0 : Math.min(1, dropped / decoded),
      busy,
      decoding: decoded < FRAMES_MIN ? 0 : Math.min(1, longest / (after.at - before.at)),
    };
  }
}

function since(before: Counters | undefined, after: Counters): Counters {
  return {
    decoded: after.decoded - (before?.decoded ?? 0),
    dropped: after.dropped - (before?.dropped ?? 0),
    decodeMs: after.decodeMs - (before?.decodeMs ?? 0),
  };
}

function countersOf(report: ReadonlyMap<string, Entry>): ReadonlyMap<string, Counters> {
  const slots = new Map<string, Counters>();
  for (const [id, entry] of report) {
    if (entry['type'] !== 'inbound-rtp' || entry['kind'] !== 'video') continue;
    slots.set(id, {
      decoded: number(entry, 'framesDecoded'),
      dropped: number(entry, 'framesDropped'),
      decodeMs: number(entry, 'totalDecodeTime') * 1_000,
    });
  }
  return slots;
}

function number(entry: Entry, field: string): number {
  const value = entry[field];
  return typeof value === 'number' ? value : 0;
}
