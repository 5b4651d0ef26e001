// One stay in a meeting: socket, media, pictures and sound, all in one scope.

import { api } from '../connection/api.ts';
import { MeetingSocket, type Line } from '../connection/socket.ts';
import { Peer } from '../connection/peer.ts';
import { Scope } from '../connection/scope.ts';
import { BusyMeter, onLongTasks } from '../media/busy.ts';
import type { Capture } from '../media/capture.ts';
import type { Playback } from '../media/playback.ts';
import { TICK_MS, type Slots } from '../media/slots.ts';
import { StatsReader } from '../media/stats.ts';
import type { PublishSource, ViewWish } from '../protocol/generated.ts';
import type { Effect, Event } from '../store/events.ts';
import { NOTHING_SHOWN, settleMs } from '../store/wish.ts';
import { steadyNow } from './clock.ts';

type Start = Extract<Effect, { do: 'startCall' }>;

/** What outlives a call. */
export type Studio = { readonly capture: Capture; readonly slots: Slots; readonly playback: Playback };

/** Figures are read this often; more costs old browsers with many lines dearly. */
const FIGURES_MS = 2_000;
/** Behind another window nobody reads them. */
const FIGURES_HIDDEN_MS = 6_000;

export class CallSession {
  readonly #scope = new Scope();
  readonly #socket: MeetingSocket;
  readonly #studio: Studio;
  readonly #dispatch: (event: Event) => void;
  readonly #mosaic: number;
  #peer: Peer | null = null;
  #microphoneOpen = false;
  #sentView: ViewWish = NOTHING_SHOWN;
  #cancelView: () => void = () => undefined;
  #figuresRead = 0;
  readonly #busy = new BusyMeter(steadyNow());

  constructor(start: Start, studio: Studio, dispatch: (event: Event) => void) {
    this.#studio = studio;
    this.#dispatch = dispatch;
    this.#mosaic = start.mosaic;
    this.#scope.onEnd(() => {
      studio.slots.clear();
      studio.playback.clear();
    });
    this.#socket = new MeetingSocket(
      {
        scope: this.#scope,
        dial,
        random: Math.random,
        ticket: start.ticket,
        device: start.device,
        freshTicket: async () => {
          const answer = await api.ticket(start.meeting);
          return answer.ok ? { ok: true, value: answer.value.ticket } : answer;
        },
      },
      {
        onMessage: (message) => {
          dispatch({ type: 'received', message });
          if (message.type === 'welcome') this.#welcomed();
        },
        onRefused: (request, refusal) => {
          dispatch({ type: 'requestRefused', request, refusal });
        },
        onLost: () => {
          dispatch({ type: 'socketLost' });
        },
        onEnded: (bye) => {
          dispatch({ type: 'callEnded', bye });
        },
        onFailed: (problem) => {
          dispatch({ type: 'callFailed', problem });
        },
      },
    );
    this.#scope.every(TICK_MS, () => {
      studio.slots.tick(!document.hidden);
    });
    const reader = new StatsReader();
    this.#scope.onEnd(
      onLongTasks((durationMs) => {
        this.#busy.add(durationMs);
      }),
    );
    this.#scope.every(FIGURES_MS, () => void this.#readFigures(reader));
  }

  /** Messages that came and were not understood. */
  get strange(): { readonly unknown: number; readonly malformed: number } {
    return this.#socket.strange;
  }

  end(how: 'sayGoodbye' | 'silently'): void {
    if (how === 'sayGoodbye') this.#socket.leave();
    this.#scope.end();
  }

  send(message: Extract<Effect, { do: 'send' }>['message']): void {
    this.#socket.send(message);
  }

  /** Sends the wish when the layout has settled. */
  sendView(view: ViewWish): void {
    this.#cancelView();
    this.#cancelView = this.#scope.after(settleMs(this.#sentView, view), () => {
      this.#sentView = view;
      this.#socket.send({ type: 'setView', ...view });
    });
  }

  publish({ source, demand }: Extract<Effect, { do: 'publish' }>): void {
    this.#peer?.setDemand(source, demand);
  }

  sendMicrophone(open: boolean): void {
    this.#microphoneOpen = open;
    this.trackChanged('microphone');
  }

  /** A capture began or ended. A microphone that is not open is not even attached: it sends nothing at all. */
  trackChanged(source: PublishSource): void {
    const wanted = source !== 'microphone' || this.#microphoneOpen;
    this.#peer?.setTrack(source, wanted ? trackOf(this.#studio.capture, source) : null);
  }

  after(delayMs: number, run: () => void): void {
    this.#scope.after(delayMs, run);
  }

  /** Media begins with the first welcome, whose token is its right; later ones only wake it up. */
  #welcomed(): void {
    if (this.#scope.hasEnded()) return;
    if (this.#peer !== null) {
      this.#peer.nudge();
      return;
    }
    const { slots, playback } = this.#studio;
    this.#peer = new Peer(
      {
        scope: this.#scope,
        bearer: () => this.#socket.token,
        mosaic: this.#mosaic,
        random: Math.random,
        now: steadyNow,
      },
      {
        onFlowing: () => {
          this.#dispatch({ type: 'mediaFlowing' });
        },
        onRestarting: () => {
          this.#dispatch({ type: 'mediaRestarting' });
        },
        onRejoining: () => {
          this.#dispatch({ type: 'mediaRejoining' });
        },
        onReceived: (tracks) => {
          slots.receive(tracks);
          playback.receive(tracks);
        },
      },
    );
    for (const source of SOURCES) this.trackChanged(source);
  }

  async #readFigures(reader: StatsReader): Promise<void> {
    const now = steadyNow();
    if (document.hidden && now - this.#figuresRead < FIGURES_HIDDEN_MS) return;
    this.#figuresRead = now;
    const stats = await this.#peer?.stats();
    if (stats === undefined || stats === null || this.#scope.hasEnded()) return;
    const names = {
      slotOf: (mid: string) => this.#studio.slots.slotOf(mid),
      sourceOf: stats.sourceOf,
    };
    const seen = document.hidden ? ('hidden' as const) : ('visible' as const);
    const watch = { seen, busy: this.#busy.take(now) };
    const figures = reader.read(entriesOf(stats.report), names, watch, steadyNow());
    this.#dispatch({ type: 'figures', figures });
  }
}

const SOURCES: readonly PublishSource[] = ['microphone', 'camera', 'screen', 'screenAudio'];

function trackOf(capture: Capture, source: PublishSource): MediaStreamTrack | null {
  if (source === 'screenAudio') return capture.stream('screen')?.getAudioTracks()[0] ?? null;
  const stream = capture.stream(source);
  const [track] = (source === 'microphone' ? stream?.getAudioTracks() : stream?.getVideoTracks()) ?? [];
  return track ?? null;
}

function dial(subprotocol: string): Line {
  const url = new URL('/api/v1/ws', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(url, subprotocol);
}

/** A report is a read-only map of dictionaries, which the DOM types only half say. */
function entriesOf(report: RTCStatsReport): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const entries = new Map<string, Readonly<Record<string, unknown>>>();
  report.forEach((entry: Readonly<Record<string, unknown>>, id) => entries.set(id, entry));
  return entries;
}
