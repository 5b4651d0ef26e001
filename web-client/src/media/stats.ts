// Figures about the line, for technicians and for the browser tests.

import type { PublishSource } from '../protocol/generated.ts';
import type { SlotKey } from '../protocol/slots.ts';

/** Figures for technicians, every two seconds. */
export type Figures = {
  readonly at: number;
  readonly roundTripMs: number | null;
  readonly sendKbps: number;
  readonly receiveKbps: number;
  readonly received: readonly ReceivedFigures[];
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
