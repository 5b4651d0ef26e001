// Everything that can change the state, and everything a change can ask for. `reduce` is the only reader of events
// and the only writer of effects; `app/` is the only place that carries effects out.

import type {
  AccountId,
  AccountState,
  AccountView,
  Bye,
  ClientMessage,
  CreateAccount,
  CreateMeeting,
  DeviceKind,
  IssuedSecret,
  MeetingId,
  MeetingSummary,
  NodeMap,
  PublishDemand,
  PublishSource,
  Refusal,
  SeatId,
  ServerMessage,
  SessionView,
  SignIn,
  SiteAccountView,
  Ticket,
  UnitCode,
  UnitList,
  ViewWish,
} from '../protocol/generated.ts';
import type { SlotKey } from '../protocol/slots.ts';
import type { CaptureFailure, Device } from '../media/devices.ts';
import type { Loudness } from '../media/meter.ts';
import type { Figures } from '../media/stats.ts';
import type { DeviceKindChoice, Showing } from './actions.ts';
import type { Settings } from './settings.ts';
import type { Arrangement, MeetingDraft, Problem, State } from './state.ts';

/** What a person asked for. */
export type Intent =
  | { readonly type: 'signIn'; readonly as: SignIn }
  | { readonly type: 'changePassword'; readonly current: string; readonly next: string }
  | { readonly type: 'signOut' }
  | { readonly type: 'showMeetings' }
  | { readonly type: 'refreshMeetings' }
  | { readonly type: 'showCreate'; readonly meeting: MeetingId }
  | { readonly type: 'createMeeting'; readonly draft: MeetingDraft }
  | { readonly type: 'showAdministration' }
  | { readonly type: 'createAccount'; readonly account: CreateAccount }
  | { readonly type: 'setAccountState'; readonly account: AccountId; readonly to: AccountState }
  | { readonly type: 'issueSite'; readonly unit: UnitCode }
  | { readonly type: 'revokeSite'; readonly unit: UnitCode }
  | { readonly type: 'dismissIssued' }
  | { readonly type: 'showNodes' }
  | { readonly type: 'enterLobby'; readonly meeting: MeetingId }
  | { readonly type: 'leaveLobby' }
  | { readonly type: 'chooseDevice'; readonly kind: DeviceKindChoice; readonly id: string }
  | { readonly type: 'changeSettings'; readonly change: Partial<Settings> }
  | { readonly type: 'retryDevices' }
  | { readonly type: 'playTone' }
  | { readonly type: 'unblockSound' }
  | { readonly type: 'join' }
  | { readonly type: 'joinReplacing' }
  | { readonly type: 'keepOther' }
  /** A room's own computer: into the next meeting without waiting, or not a room's computer any more. */
  | { readonly type: 'enterNow' }
  | { readonly type: 'quitKiosk' }
  | { readonly type: 'dismissNotice'; readonly id: number }
  | { readonly type: 'leave' }
  | { readonly type: 'camera'; readonly on: boolean }
  | { readonly type: 'present'; readonly on: boolean }
  | { readonly type: 'acceptInvitation' }
  | { readonly type: 'postponeInvitation' }
  | { readonly type: 'dismissInvitation' }
  | { readonly type: 'arrange'; readonly arrangement: Arrangement }
  | { readonly type: 'pin'; readonly seat: SeatId | null }
  | { readonly type: 'show'; readonly showing: Showing }
  /** Any request that is sent to the node as it is. */
  | { readonly type: 'request'; readonly message: ClientMessage }
  | { readonly type: 'rejoin' }
  | { readonly type: 'backToMeetings' };

/** What the node answered to a call of the HTTP API. */
export type Answered =
  | { readonly type: 'session'; readonly session: SessionView }
  | { readonly type: 'sessionMissing' }
  | { readonly type: 'sessionFailed'; readonly problem: Problem }
  | { readonly type: 'passwordChanged' }
  | { readonly type: 'passwordFailed'; readonly problem: Problem }
  | { readonly type: 'signedOut' }
  | { readonly type: 'meetings'; readonly meetings: readonly MeetingSummary[] }
  | { readonly type: 'meetingsFailed'; readonly problem: Problem }
  | { readonly type: 'units'; readonly units: UnitList }
  | { readonly type: 'unitsFailed'; readonly problem: Problem }
  | { readonly type: 'meetingCreated'; readonly summary: MeetingSummary }
  | { readonly type: 'meetingFailed'; readonly problem: Problem }
  | { readonly type: 'ticket'; readonly ticket: Ticket; readonly replaces: boolean }
  | { readonly type: 'ticketFailed'; readonly problem: Problem }
  | { readonly type: 'accounts'; readonly accounts: readonly AccountView[] }
  | { readonly type: 'accountsFailed'; readonly problem: Problem }
  | { readonly type: 'accountChanged'; readonly account: AccountView }
  | { readonly type: 'nodes'; readonly map: NodeMap }
  | { readonly type: 'nodesFailed'; readonly problem: Problem }
  | { readonly type: 'sites'; readonly sites: readonly SiteAccountView[] }
  | { readonly type: 'administrationFailed'; readonly problem: Problem }
  | { readonly type: 'issued'; readonly secret: IssuedSecret }
  | { readonly type: 'revoked' };

/** What happened to the call's connection. */
export type Linked =
  | { readonly type: 'received'; readonly message: ServerMessage }
  | { readonly type: 'requestRefused'; readonly request: ClientMessage; readonly refusal: Refusal }
  | { readonly type: 'socketLost' }
  | { readonly type: 'callEnded'; readonly bye: Bye['reason'] }
  | { readonly type: 'callFailed'; readonly problem: Problem }
  | { readonly type: 'mediaFlowing' }
  | { readonly type: 'mediaRestarting' }
  | { readonly type: 'mediaRejoining' }
  /** The time after which an invitation opens the microphone by itself is over. */
  | { readonly type: 'invitationDue' };

/** What devices and pictures did. */
export type Sensed =
  | {
      readonly type: 'devices';
      readonly cameras: readonly Device[];
      readonly microphones: readonly Device[];
      readonly speakers: readonly Device[];
    }
  | { readonly type: 'captureStarted'; readonly source: CaptureSource; readonly label: string }
  | { readonly type: 'captureFailed'; readonly source: CaptureSource; readonly why: CaptureFailure }
  /** Closed because a reduction asked for it. */
  | { readonly type: 'captureClosed'; readonly source: CaptureSource }
  /** Ended by itself. */
  | { readonly type: 'captureStopped'; readonly source: CaptureSource }
  /** An open device gives nothing any more: it is opened anew. */
  | { readonly type: 'captureStalled'; readonly source: CaptureSource }
  | { readonly type: 'level'; readonly value: number; readonly loudness: Loudness }
  | { readonly type: 'talkingWhileOff' }
  | { readonly type: 'toneEnded' }
  | { readonly type: 'soundBlocked'; readonly blocked: boolean }
  | { readonly type: 'slotFlipped'; readonly slot: SlotKey }
  | { readonly type: 'slotFrozen'; readonly slot: SlotKey; readonly frozen: boolean }
  | { readonly type: 'figures'; readonly figures: Figures };

export type Event = Intent | Answered | Linked | Sensed;

/** What can be captured by itself; screen sound comes with the screen. */
export type CaptureSource = 'camera' | 'microphone' | 'screen';

/** What a change of the state asks the edges to do. */
export type Effect =
  | { readonly do: 'askSession' }
  | { readonly do: 'signIn'; readonly as: SignIn }
  | { readonly do: 'changePassword'; readonly current: string; readonly next: string }
  | { readonly do: 'signOut' }
  | { readonly do: 'loadMeetings' }
  | { readonly do: 'loadUnits' }
  | { readonly do: 'createMeeting'; readonly body: CreateMeeting }
  /** For naming people in a new meeting; answered by `accounts` or `accountsFailed`. */
  | { readonly do: 'loadAccounts' }
  | { readonly do: 'loadAdministration' }
  | { readonly do: 'loadNodes' }
  | { readonly do: 'createAccount'; readonly account: CreateAccount }
  | { readonly do: 'setAccountState'; readonly account: AccountId; readonly to: AccountState }
  | { readonly do: 'issueSite'; readonly unit: UnitCode }
  | { readonly do: 'revokeSite'; readonly unit: UnitCode }
  | { readonly do: 'askTicket'; readonly meeting: MeetingId }
  /** Opens the device, or opens it anew with the present settings. */
  | { readonly do: 'capture'; readonly source: CaptureSource }
  | { readonly do: 'stopCapture'; readonly source: CaptureSource }
  | { readonly do: 'listDevices' }
  | { readonly do: 'chooseSpeaker'; readonly id: string }
  | { readonly do: 'playTone' }
  | { readonly do: 'unblockSound' }
  | {
      readonly do: 'startCall';
      readonly meeting: MeetingId;
      readonly ticket: Ticket;
      readonly device: DeviceKind;
      readonly mosaic: number;
    }
  /** Ends socket and media; says goodbye when `leave` is set, so that the seat becomes free. */
  | { readonly do: 'endCall'; readonly leave: 'sayGoodbye' | 'silently' }
  | { readonly do: 'send'; readonly message: ClientMessage }
  | { readonly do: 'sendView'; readonly view: ViewWish }
  /** Which sources go on the line: a source that is not wanted sends nothing. */
  | { readonly do: 'publish'; readonly source: PublishSource; readonly demand: PublishDemand }
  | { readonly do: 'sendMicrophone'; readonly open: boolean }
  | {
      readonly do: 'fillSlot';
      readonly slot: SlotKey;
      readonly mid: string;
      readonly rtpTimestamp: number;
      readonly empty: boolean;
    }
  | { readonly do: 'remindInvitation'; readonly afterMs: number }
  | { readonly do: 'chime'; readonly sound: 'invited' | 'closed' }
  | { readonly do: 'saveSettings'; readonly settings: Settings }
  /** The address of the page does not make it a room's own computer any more. */
  | { readonly do: 'quitKiosk' };

/** A next state and what it asks for. */
export type Step = { readonly state: State; readonly effects: readonly Effect[] };
