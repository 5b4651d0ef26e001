// Figures about the line, for technicians and for the browser tests.

import type { PublishSource } from '../protocol/generated.ts';
import type { SlotKey } from '../protocol/slots.ts';
import { LoadMeter, type Load, type Watch } from './load.ts';

/** Figures for technicians, every two seconds. */
export type Figures = {
  readonly at: number;
  readonly roundTripMs: number | null;
  readonly sendKbps: number;
  readonly receiveKbps: number;
  readonly received: readonly ReceivedFigures[];
  /** What the pictures cost this computer; unknown while nobody looks, for then a browser draws nothing. */
  readonly load: Load | null;
  readonly sent: readonly SentFigures[];
};

export type ReceivedFigures = {
  readonly slot: SlotKey;
  readonly kind: 'audio' | 'video';
  readonly codec: string;
  readonly kbps: number;
  readonly packetsLost: number;
  readonly framesDecoded: number;
  readonly framesPerSecond: number;
  readonly height: number;
  readonly freezes: number;
  readonly audioEnergy: number;
};

export type SentFigures = {
  readonly source: PublishSource;
  readonly rid: string;
  readonly codec: string;
  readonly kbps: number;
  readonly framesPerSecond: number;
  readonly height: number;
};

/** One entry of a browser's report. Browsers differ in what they fill in, so every field is read with care. */
type Entry = Readonly<Record<string, unknown>>;

/** Names that only the transport and the pool know. */
export type Names = {
  readonly slotOf: (mid: string) => SlotKey | null;
  readonly sourceOf: (mid: string) => PublishSource | null;
};

/** Turns reports into figures; keeps the last byte counts for the rates. */
export class StatsReader {
  #before = new Map<string, { readonly at: number; readonly bytes: number }>();
  readonly #load = new LoadMeter();

  read(report: ReadonlyMap<string, Entry>, names: Names, watch: Watch, now: number): Figures {
    const after = new Map<string, { readonly at: number; readonly bytes: number }>();
    const rate = (id: string, bytes: number): number => {
      after.set(id, { at: now, bytes });
      const before = this.#before.get(id);
      if (before === undefined || now <= before.at || bytes < before.bytes) return 0;
      return Math.round(((bytes - before.bytes) * 8) / (now - before.at));
    };
    const received: ReceivedFigures[] = [];
    const sent: SentFigures[] = [];
    let roundTripMs: number | null = null;
    for (const [id, entry] of report) {
      const codec = codecOf(report, entry);
      if (entry['type'] === 'inbound-rtp') {
        const slot = names.slotOf(text(entry, 'mid'));
        if (slot !== null)
          received.push(inbound(entry, slot, codec, rate(id, number(entry, 'bytesReceived'))));
      } else if (entry['type'] === 'outbound-rtp') {
        const source = names.sourceOf(text(entry, 'mid'));
        if (source !== null) sent.push(outbound(entry, source, codec, rate(id, number(entry, 'bytesSent'))));
      } else if (entry['type'] === 'candidate-pair' && entry['nominated'] === true) {
        const seconds = entry['currentRoundTripTime'];
        if (typeof seconds === 'number') roundTripMs = Math.round(seconds * 1_000);
      } else if (entry['type'] === 'remote-inbound-rtp' && roundTripMs === null) {
        const seconds = entry['roundTripTime'];
        if (typeof seconds === 'number') roundTripMs = Math.round(seconds * 1_000);
      }
    }
    this.#before = after;
    const load = this.#load.read(report, watch, now);
    const sum = (figures: readonly { readonly kbps: number }[]): number =>
      figures.reduce((total, { kbps }) => total + kbps, 0);
    return { at: now, roundTripMs, sendKbps: sum(sent), receiveKbps: sum(received), received, load, sent };
  }
}

function inbound(entry: Entry, slot: SlotKey, codec: string, kbps: number): ReceivedFigures {
  return {
    slot,
    kind: text(entry, 'kind') === 'audio' ? 'audio' : 'video',
    codec,
    kbps,
    packetsLost: number(entry, 'packetsLost'),
    framesDecoded: number(entry, 'framesDecoded'),
    framesPerSecond: Math.round(number(entry, 'framesPerSecond')),
    height: number(entry, 'frameHeight'),
    freezes: number(entry, 'freezeCount'),
    audioEnergy: number(entry, 'totalAudioEnergy'),
  };
}

function outbound(entry: Entry, source: PublishSource, codec: string, kbps: number): SentFigures {
  return {
    source,
    rid: text(entry, 'rid'),
    codec,
    kbps,
    framesPerSecond: Math.round(number(entry, 'framesPerSecond')),
    height: number(entry, 'frameHeight'),
  };
}

/** The codec's name without its kind: `VP8`, `opus`. */
function codecOf(report: ReadonlyMap<string, Entry>, entry: Entry): string {
  const codec = report.get(text(entry, 'codecId'));
  return codec === undefined ? '' : (text(codec, 'mimeType').split('/')[1] ?? '');
}

function number(entry: Entry, field: string): number {
  const value = entry[field];
  return typeof value === 'number' ? value : 0;
}

function text(entry: Entry, field: string): string {
  const value = entry[field];
  return typeof value === 'string' ? value : '';
}
