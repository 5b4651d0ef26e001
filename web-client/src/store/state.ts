// Everything the client knows, as one value. Phases are tagged unions: a field exists only in the phase in which it
// means something. Views read it, `reduce.ts` makes the next one, nothing else writes it.

import type {
  AccountKind,
  AccountView,
  CreateMeeting,
  DeviceKind,
  FactNumber,
  IssuedSecret,
  LineQuality,
  MediaProfile,
  MeetingId,
  MeetingSummary,
  MeetingView,
  NodeMap,
  PublishDemand,
  PublishSource,
  Refusal,
  SeatId,
  SeatView,
  ServerMessage,
  SessionView,
  SiteAccountView,
  Snapshot,
  Ticket,
  UnitList,
  ViewWish,
  Welcome,
  You,
} from '../protocol/generated.ts';
import type { SlotKey } from '../protocol/slots.ts';
import type { CaptureFailure, Device } from '../media/devices.ts';
import type { Loudness } from '../media/meter.ts';
import type { Figures } from '../media/stats.ts';
import type { Showing } from './actions.ts';
import type { Kiosk } from './kiosk.ts';
import type { Ladder } from './ladder.ts';
import type { Settings } from './settings.ts';
import type { Returning } from './stay.ts';

/** Why something asked of the node was not done. */
export type Problem =
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly retryAfterSeconds?: number }
  /** The node did not answer at all. */
  | { readonly kind: 'unreachable' };

/** A form's or button's request to the node. */
export type Asking =
  | { readonly state: 'ready' }
  | { readonly state: 'waiting' }
  | { readonly state: 'failed'; readonly problem: Problem };

/** Something fetched from the node. The last value stays visible while it is fetched again. */
export type Loaded<T> =
  | { readonly state: 'absent' }
  | { readonly state: 'loading' }
  | { readonly state: 'loaded'; readonly value: T }
  | { readonly state: 'failed'; readonly problem: Problem };

/** Who is signed in. */
export type Session =
  /** Asking the node whether the cookie still holds. */
  | { readonly phase: 'starting' }
  /** `who` is the form that is open first. */
  | { readonly phase: 'signedOut'; readonly asking: Asking; readonly who: AccountKind }
  | { readonly phase: 'mustChangePassword'; readonly session: SessionView; readonly asking: Asking }
  | { readonly phase: 'signedIn'; readonly session: SessionView };

/** The page shown while no call is going on. */
export type Page =
  | { readonly name: 'meetings' }
  | {
      readonly name: 'create';
      readonly asking: Asking;
      readonly meeting: MeetingId;
      /** Who can be named as chair, secretary or operator. */
      readonly accounts: Loaded<readonly AccountView[]>;
    }
  | {
      readonly name: 'administration';
      readonly asking: Asking;
      readonly accounts: Loaded<readonly AccountView[]>;
      readonly sites: Loaded<readonly SiteAccountView[]>;
      /** A secret just issued; shown once. */
      readonly issued: IssuedSecret | null;
    }
  | {
      readonly name: 'nodes';
      /** The last map there was. */
      readonly map: Loaded<NodeMap>;
      /** Why it is not of now. */
      readonly stale: Problem | null;
    };

/** What a host fills in; the id is chosen when the page opens, so that a repeated request makes one meeting. */
export type MeetingDraft = Omit<CreateMeeting, 'meeting'>;

/** One of the things this client sends. */
export type Capture =
  | { readonly state: 'off' }
  | { readonly state: 'starting' }
  | { readonly state: 'on'; readonly label: string }
  | { readonly state: 'failed'; readonly why: CaptureFailure };

/** Devices there are and what they do. */
export type Devices = {
  readonly cameras: readonly Device[];
  readonly microphones: readonly Device[];
  readonly speakers: readonly Device[];
  readonly camera: Capture;
  readonly microphone: Capture;
  readonly screen: Capture;
  /** Level from 0 to 1 and its word; absent while the microphone is off. */
  readonly level: { readonly value: number; readonly loudness: Loudness } | null;
  /** Whether the test tone is playing. */
  readonly tone: boolean;
  /** The browser refused to play sound until the user touches the page. */
  readonly soundBlocked: boolean;
};

/** Whose source a slot carries. */
export type SlotSource = { readonly seat: SeatId; readonly source: PublishSource };

/** What is in a slot. */
export type Slot = {
  readonly mid: string;
  /** What the node said fills it. */
  readonly announced: SlotSource | null;
  /** Whose picture is on the screen: flips with the picture. The name plate shows this one. */
  readonly shown: SlotSource | null;
  /** No new picture for 3 seconds although one is announced. */
  readonly frozen: boolean;
};

/** The media transport. */
export type Media =
  | { readonly state: 'connecting' }
  | { readonly state: 'flowing' }
  /** The same transport looks for another path. */
  | { readonly state: 'restarting'; readonly since: number }
  /** A new transport is being made. */
  | { readonly state: 'rejoining'; readonly since: number };

/** The WebSocket. `since` is milliseconds of the page's clock. */
export type Socket = { readonly state: 'up' } | { readonly state: 'resuming'; readonly since: number };

/** A small picture this client has asked for: which mosaic slot, whose camera. */
export type MosaicSeat = { readonly index: number; readonly seat: SeatId };

/** How the meeting room is arranged, the user's own choice. */
export type Arrangement =
  /** The programme large, small pictures beside it. */
  | 'stage'
  /** Small pictures in pages. */
  | 'grid';

/** A meeting one is in. */
export type Live = {
  readonly summary: MeetingSummary;
  readonly you: You;
  readonly meeting: MeetingView;
  readonly seats: ReadonlyMap<SeatId, SeatView>;
  readonly fact: FactNumber;
  readonly slots: ReadonlyMap<SlotKey, Slot>;
  /** Loudest first, at most three. */
  readonly speaking: readonly SeatId[];
  readonly lines: ReadonlyMap<SeatId, LineQuality>;
  readonly media: Media;
  readonly socket: Socket;
  /** Which encodings of the own sources somebody needs. */
  readonly demand: Readonly<Record<PublishSource, PublishDemand>>;
  /** Seats whose small pictures are asked for, with their slots. */
  readonly mosaic: readonly MosaicSeat[];
  /** What is asked for now: chosen, or what the line bears. */
  readonly profile: MediaProfile;
  /** How the line and this computer have borne the meeting so far. */
  readonly line: Ladder;
  readonly computer: Ladder;
  readonly arrangement: Arrangement;
  /** Shown large on this screen only. */
  readonly pinned: SeatId | null;
  /** Node's clock minus the page's clock, milliseconds. */
  readonly clockOffsetMs: number;
  /** The floor was given to this seat and nobody here has answered yet. */
  readonly invitation: Invitation | null;
  readonly figures: Figures | null;
  /** Pages of a fresh snapshot after a reconnect, until they are all there. */
  readonly pages: readonly Snapshot[];
  /** What the views show, as they told it last. */
  readonly showing: Showing;
  /** What is wanted on the screen; sent again after a reconnect. */
  readonly view: ViewWish;
};

/** An invitation to speak. Times are milliseconds of the page's clock. */
export type Invitation = {
  readonly since: number;
  /** When the microphone opens by itself; absent when somebody has to press the button. */
  readonly opensAt: number | null;
};

/** Why one is not in the meeting any more. */
export type LeftReason =
  | { readonly kind: 'own' }
  /** The seat was opened elsewhere; taking it back is possible. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'removed' }
  /** The right to be here was taken away or changed. */
  | { readonly kind: 'revoked' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'misbehaved' }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** By which way one comes into a meeting. */
export type Way =
  | 'lobby'
  /** Back to a seat that was this page's own: whatever stands in for it is replaced. */
  | 'back'
  /** Back after the browser was closed: a device that has taken the seat meanwhile is asked about. */
  | 'return';

/** On the way into a meeting: welcome, then the pages of the snapshot. */
export type Joining = {
  readonly summary: MeetingSummary;
  readonly since: number;
  readonly way: Way;
  readonly welcome: Welcome | null;
  readonly pages: readonly Snapshot[];
  /** What came before the snapshot was whole; looked at once it is. */
  readonly early: readonly ServerMessage[];
};

/** The call: idle → lobby → (replacing →) joining → live → left. */
export type Call =
  | { readonly phase: 'idle' }
  | { readonly phase: 'lobby'; readonly summary: MeetingSummary; readonly asking: Asking }
  /** Another device of the same seat is connected: replace it? Answered by `joinReplacing` or `keepOther`. */
  | { readonly phase: 'replacing'; readonly summary: MeetingSummary; readonly ticket: Ticket }
  /** Ticket, socket, first snapshot. */
  | ({ readonly phase: 'joining' } & Joining)
  | ({ readonly phase: 'live' } & Live)
  | {
      readonly phase: 'left';
      readonly summary: MeetingSummary;
      readonly reason: LeftReason;
      readonly camera: boolean;
    };

/** What is told once, in passing. Texts live in the dictionaries. */
export type NoticeText =
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'invited' }
  | { readonly kind: 'microphoneLocked' }
  | { readonly kind: 'microphoneAllowed' }
  | { readonly kind: 'speechEnded' }
  | { readonly kind: 'presentingStopped' }
  | { readonly kind: 'captureFailed'; readonly source: PublishSource; readonly why: CaptureFailure }
  | { readonly kind: 'talkingWhileOff' }
  | { readonly kind: 'reconnected' }
  /** The line bears less or more than before. */
  | { readonly kind: 'lowered'; readonly to: MediaProfile }
  | { readonly kind: 'raised'; readonly to: MediaProfile }
  /** This computer shows fewer small pictures, or all of them again. */
  | { readonly kind: 'fewerPictures' }
  | { readonly kind: 'allPictures' }
  | { readonly kind: 'meetingStarted' }
  /** The own branch sits apart, or with the others again. */
  | { readonly kind: 'satApart'; readonly name: string }
  | { readonly kind: 'satTogether' }
  | { readonly kind: 'meetingCreated' }
  | { readonly kind: 'accountDisabled' | 'accountEnabled'; readonly name: string };

export type Notice = { readonly id: number; readonly text: NoticeText };

/** Everything. */
export type State = {
  readonly session: Session;
  readonly page: Page;
  readonly meetings: Loaded<readonly MeetingSummary[]>;
  readonly units: Loaded<UnitList>;
  readonly call: Call;
  /** A meeting to go back to as soon as it is known to be still there. */
  readonly returning: Returning | null;
  /** A room's own computer that waits and enters by itself; absent where a person does. */
  readonly kiosk: Kiosk | null;
  readonly devices: Devices;
  readonly settings: Settings;
  readonly notices: readonly Notice[];
  /** Of the next notice. */
  readonly nextNotice: number;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
  /** What kind of device this is: decides how many pictures it can take. */
  readonly device: DeviceKind;
};
