// What a view can do. Every action is a function or `undefined`; `undefined` means "not available now", and a view
// then hides or disables its control. Which are available is a pure function of the state (`actionsOf`).

import type {
  AccountId,
  AccountState,
  CreateAccount,
  DetachingPolicy,
  MeetingId,
  SeatId,
  SignIn,
  UnitCode,
} from '../protocol/generated.ts';
import type { ProfileChoice } from './ladder.ts';
import type { Language, SoundMode } from './settings.ts';
import type { Arrangement, MeetingDraft } from './state.ts';

/** An action with its arguments, or its absence. */
export type Do<A extends readonly unknown[] = []> = ((...args: A) => void) | undefined;

/** What a view shows right now, heights in CSS pixels; 0 hides. Sent whole at every change. */
export type Showing = {
  readonly programme: number;
  readonly slides: number;
  /** Small pictures on the screen, most wanted first. */
  readonly tiles: readonly { readonly seat: SeatId; readonly height: number }[];
};

export type DeviceKindChoice = 'camera' | 'microphone' | 'speaker';

export type Actions = {
  // Session
  readonly signIn: Do<[SignIn]>;
  readonly changePassword: Do<[current: string, next: string]>;
  readonly signOut: Do;
  // Pages
  readonly showMeetings: Do;
  readonly refreshMeetings: Do;
  readonly showCreate: Do;
  readonly createMeeting: Do<[MeetingDraft]>;
  readonly enterLobby: Do<[MeetingId]>;
  readonly showAdministration: Do;
  /** Opens the map of nodes, or looks again. */
  readonly showNodes: Do;
  readonly createAccount: Do<[CreateAccount]>;
  /** Lets an account sign in no more, or again. */
  readonly setAccountState: Do<[account: AccountId, to: AccountState]>;
  /** Issues a site's secret, or a new one in place of the old. */
  readonly issueSite: Do<[UnitCode]>;
  readonly revokeSite: Do<[UnitCode]>;
  readonly dismissIssued: Do;
  // Lobby and devices; also available in the meeting
  readonly leaveLobby: Do;
  readonly chooseDevice: Do<[kind: DeviceKindChoice, id: string]>;
  readonly chooseSound: Do<[SoundMode]>;
  readonly chooseOpenWhenInvited: Do<[boolean]>;
  /** Opens camera and microphone again after a failure. */
  readonly retryDevices: Do;
  readonly playTone: Do;
  readonly unblockSound: Do;
  readonly join: Do;
  /** In the phase `replacing`: takes the place of the other device, or leaves it alone. */
  readonly joinReplacing: Do;
  readonly keepOther: Do;
  // A room's own computer
  /** Goes into the next meeting although it was left, or another device has the seat. */
  readonly enterNow: Do;
  /** Makes the page one for persons again. */
  readonly quitKiosk: Do;
  // Everywhere
  readonly chooseLanguage: Do<[Language]>;
  readonly chooseShortcuts: Do<[boolean]>;
  readonly dismissNotice: Do<[id: number]>;
  // In the meeting: own
  readonly leave: Do;
  readonly openMicrophone: Do;
  readonly closeMicrophone: Do;
  readonly cameraOn: Do;
  readonly cameraOff: Do;
  readonly startPresenting: Do;
  readonly stopPresenting: Do;
  readonly register: Do<[topic: string]>;
  readonly cancelRegistration: Do;
  readonly finishSpeech: Do;
  /** Answers the invitation: opens the microphone. */
  readonly acceptInvitation: Do;
  /** Lets the microphone stay closed until somebody presses the button (WCAG 2.2.1). */
  readonly postponeInvitation: Do;
  /** Declines: the speech is over before it began. */
  readonly dismissInvitation: Do;
  readonly chooseProfile: Do<[ProfileChoice]>;
  readonly arrange: Do<[Arrangement]>;
  readonly pin: Do<[SeatId]>;
  readonly unpin: Do;
  /** Tells what is on the screen; the node sends no more than that. */
  readonly show: Do<[Showing]>;
  // In the meeting: host
  readonly startMeeting: Do;
  readonly endMeeting: Do;
  readonly putOnStage: Do<[SeatId]>;
  readonly clearStage: Do;
  readonly inviteToSpeak: Do<[SeatId]>;
  readonly endSpeech: Do;
  readonly dismissRegistration: Do<[SeatId]>;
  readonly lockAllMicrophones: Do;
  readonly allowAllMicrophones: Do;
  readonly lockMicrophone: Do<[SeatId]>;
  readonly allowMicrophone: Do<[SeatId]>;
  readonly stopPresentation: Do;
  readonly allowPresenting: Do<[SeatId]>;
  readonly inviteSites: Do<[readonly UnitCode[]]>;
  readonly removeSeat: Do<[SeatId]>;
  /** Lets a removed seat come in again. */
  readonly inviteBack: Do<[SeatId]>;
  /** Lets a branch sit apart. Nobody named: the node chooses. */
  readonly detachBranch: Do<[unit: UnitCode, chair: SeatId | null, deputy: SeatId | null]>;
  readonly returnBranch: Do<[UnitCode]>;
  /** Hands the chair of a branch that sits apart to another of its seats. */
  readonly nameBranchChair: Do<[unit: UnitCode, seat: SeatId]>;
  readonly chooseDetaching: Do<[DetachingPolicy]>;
  /** Lets the own branch sit apart, and brings it back. */
  readonly sitApart: Do;
  readonly sitTogether: Do;
  // After the meeting
  /** Takes the seat back from the other device, or tries again. */
  readonly rejoin: Do;
  readonly backToMeetings: Do;
};
