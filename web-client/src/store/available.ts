// Which actions there are now. A view hides what is `undefined`; only the server forbids.

import type { Action, ClientMessage, MeetingId } from '../protocol/generated.ts';
import type { Actions, Do } from './actions.ts';
import type { Intent } from './events.ts';
import { myBranch, ownCandidate } from './branches.ts';
import { nextMeeting } from './kiosk.ts';
import { isAdministrator, looksAfterNodes, may, mayConvene, myMicrophone, myPlace } from './selectors.ts';
import type { Live, State } from './state.ts';

/** What an action does: it hands an intent on. */
export type Dispatch = (intent: Intent) => void;

/** Ids are chosen here so that the reducer stays free of chance. */
export type NewMeetingId = () => MeetingId;

type EntryActions = Pick<
  Actions,
  | 'signIn'
  | 'changePassword'
  | 'signOut'
  | 'showMeetings'
  | 'refreshMeetings'
  | 'showCreate'
  | 'createMeeting'
  | 'enterLobby'
  | 'showAdministration'
  | 'createAccount'
  | 'setAccountState'
  | 'issueSite'
  | 'revokeSite'
  | 'dismissIssued'
  | 'showNodes'
>;

type DeviceActions = Pick<
  Actions,
  | 'chooseDevice'
  | 'chooseSound'
  | 'chooseOpenWhenInvited'
  | 'retryDevices'
  | 'playTone'
  | 'unblockSound'
  | 'cameraOn'
  | 'cameraOff'
  | 'chooseLanguage'
  | 'chooseShortcuts'
  | 'chooseProfile'
  | 'dismissNotice'
>;

type LobbyActions = Pick<
  Actions,
  | 'enterNow'
  | 'quitKiosk'
  | 'leaveLobby'
  | 'join'
  | 'joinReplacing'
  | 'keepOther'
  | 'leave'
  | 'rejoin'
  | 'backToMeetings'
>;

type HostActions = Pick<
  Actions,
  | 'startMeeting'
  | 'endMeeting'
  | 'putOnStage'
  | 'clearStage'
  | 'inviteToSpeak'
  | 'endSpeech'
  | 'dismissRegistration'
  | 'lockAllMicrophones'
  | 'allowAllMicrophones'
  | 'lockMicrophone'
  | 'allowMicrophone'
  | 'stopPresentation'
  | 'allowPresenting'
  | 'inviteSites'
  | 'removeSeat'
  | 'inviteBack'
>;

type BranchActions = Pick<
  Actions,
  'detachBranch' | 'returnBranch' | 'nameBranchChair' | 'chooseDetaching' | 'sitApart' | 'sitTogether'
>;

type OwnActions = Omit<
  Actions,
  keyof EntryActions | keyof DeviceActions | keyof LobbyActions | keyof HostActions | keyof BranchActions
>;

export function actionsOf(state: State, dispatch: Dispatch, newMeetingId: NewMeetingId): Actions {
  return {
    ...entryActions(state, dispatch, newMeetingId),
    ...deviceActions(state, dispatch),
    ...lobbyActions(state, dispatch),
    ...ownActions(state, dispatch),
    ...hostActions(state, dispatch),
    ...branchActions(state, dispatch),
  };
}

/** The action if the condition holds, else its absence. */
function when<A extends readonly unknown[]>(available: boolean, action: (...args: A) => void): Do<A> {
  return available ? action : undefined;
}

function entryActions(state: State, dispatch: Dispatch, newMeetingId: NewMeetingId): EntryActions {
  const { session, page, call } = state;
  const free = session.phase === 'signedIn' && call.phase === 'idle';
  const asking = 'asking' in page && page.asking.state === 'waiting';
  const administrator = free && isAdministrator(session);
  const editing = administrator && page.name === 'administration' && !asking;
  return {
    signIn: when(session.phase === 'signedOut' && session.asking.state !== 'waiting', (as) => {
      dispatch({ type: 'signIn', as });
    }),
    changePassword: when(
      session.phase === 'mustChangePassword' && session.asking.state !== 'waiting',
      (current, next) => {
        dispatch({ type: 'changePassword', current, next });
      },
    ),
    signOut: when(free || session.phase === 'mustChangePassword', () => {
      dispatch({ type: 'signOut' });
    }),
    showMeetings: when(free && page.name !== 'meetings', () => {
      dispatch({ type: 'showMeetings' });
    }),
    refreshMeetings: when(free, () => {
      dispatch({ type: 'refreshMeetings' });
    }),
    showCreate: when(free && mayConvene(session), () => {
      dispatch({ type: 'showCreate', meeting: newMeetingId() });
    }),
    createMeeting: when(free && page.name === 'create' && !asking, (draft) => {
      dispatch({ type: 'createMeeting', draft });
    }),
    enterLobby: when(free, (meeting) => {
      dispatch({ type: 'enterLobby', meeting });
    }),
    showAdministration: when(administrator, () => {
      dispatch({ type: 'showAdministration' });
    }),
    showNodes: when(free && looksAfterNodes(session), () => {
      dispatch({ type: 'showNodes' });
    }),
    createAccount: when(editing, (account) => {
      dispatch({ type: 'createAccount', account });
    }),
    setAccountState: when(editing, (account, to) => {
      dispatch({ type: 'setAccountState', account, to });
    }),
    issueSite: when(editing, (unit) => {
      dispatch({ type: 'issueSite', unit });
    }),
    revokeSite: when(editing, (unit) => {
      dispatch({ type: 'revokeSite', unit });
    }),
    dismissIssued: when(administrator, () => {
      dispatch({ type: 'dismissIssued' });
    }),
  };
}

function deviceActions(state: State, dispatch: Dispatch): DeviceActions {
  const { call, devices } = state;
  const open = call.phase === 'lobby' || call.phase === 'replacing' || call.phase === 'live';
  const camera = devices.camera.state;
  const failed = camera === 'failed' || devices.microphone.state === 'failed';
  const mayShow = call.phase !== 'live' || may(call, 'showCamera');
  return {
    chooseDevice: when(open, (kind, id) => {
      dispatch({ type: 'chooseDevice', kind, id });
    }),
    chooseSound: when(open, (sound) => {
      dispatch({ type: 'changeSettings', change: { sound } });
    }),
    chooseOpenWhenInvited: when(open, (openWhenInvited) => {
      dispatch({ type: 'changeSettings', change: { openWhenInvited } });
    }),
    retryDevices: when(open && failed, () => {
      dispatch({ type: 'retryDevices' });
    }),
    playTone: when(open && !devices.tone, () => {
      dispatch({ type: 'playTone' });
    }),
    unblockSound: when(devices.soundBlocked, () => {
      dispatch({ type: 'unblockSound' });
    }),
    cameraOn: when(open && mayShow && (camera === 'off' || camera === 'failed'), () => {
      dispatch({ type: 'camera', on: true });
    }),
    cameraOff: when(open && (camera === 'on' || camera === 'starting'), () => {
      dispatch({ type: 'camera', on: false });
    }),
    chooseLanguage: (language) => {
      dispatch({ type: 'changeSettings', change: { language } });
    },
    chooseShortcuts: (shortcuts) => {
      dispatch({ type: 'changeSettings', change: { shortcuts } });
    },
    chooseProfile: (profile) => {
      dispatch({ type: 'changeSettings', change: { profile } });
    },
    dismissNotice: (id) => {
      dispatch({ type: 'dismissNotice', id });
    },
  };
}

function lobbyActions({ call, kiosk, meetings }: State, dispatch: Dispatch): LobbyActions {
  const { phase } = call;
  return {
    enterNow: when(
      kiosk !== null &&
        phase === 'idle' &&
        meetings.state === 'loaded' &&
        nextMeeting(meetings.value) !== null,
      () => {
        dispatch({ type: 'enterNow' });
      },
    ),
    quitKiosk: when(kiosk !== null && phase === 'idle', () => {
      dispatch({ type: 'quitKiosk' });
    }),
    leaveLobby: when(phase === 'lobby' || phase === 'replacing', () => {
      dispatch({ type: 'leaveLobby' });
    }),
    join: when(call.phase === 'lobby' && call.asking.state !== 'waiting', () => {
      dispatch({ type: 'join' });
    }),
    joinReplacing: when(phase === 'replacing', () => {
      dispatch({ type: 'joinReplacing' });
    }),
    keepOther: when(phase === 'replacing', () => {
      dispatch({ type: 'keepOther' });
    }),
    leave: when(phase === 'joining' || phase === 'live', () => {
      dispatch({ type: 'leave' });
    }),
    rejoin: when(
      call.phase === 'left' && call.reason.kind !== 'ended' && call.reason.kind !== 'removed',
      () => {
        dispatch({ type: 'rejoin' });
      },
    ),
    backToMeetings: when(phase === 'left', () => {
      dispatch({ type: 'backToMeetings' });
    }),
  };
}

function ownActions({ call, devices }: State, dispatch: Dispatch): OwnActions {
  const live = call.phase === 'live' ? call : null;
  const request = (message: ClientMessage): void => {
    dispatch({ type: 'request', message });
  };
  const microphone = live === null ? 'locked' : myMicrophone(live);
  const ready = live !== null && may(live, 'speak') && devices.microphone.state === 'on';
  const floor = live !== null && live.meeting.floor === live.you.seat;
  const invited = (live?.invitation ?? null) !== null;
  const screen = devices.screen.state;
  const registers = live !== null && may(live, 'register');
  return {
    openMicrophone: when(ready && microphone === 'off', () => {
      request({ type: 'openMicrophone' });
    }),
    closeMicrophone: when(microphone === 'open', () => {
      request({ type: 'closeMicrophone' });
    }),
    startPresenting: when(
      live !== null && mayPresent(live) && screen !== 'on' && screen !== 'starting',
      () => {
        dispatch({ type: 'present', on: true });
      },
    ),
    stopPresenting: when(live !== null && screen === 'on', () => {
      dispatch({ type: 'present', on: false });
    }),
    register: when(registers && myPlace(live) === null && !floor, (topic) => {
      const text = topic.normalize('NFC').trim();
      request({ type: 'registerToSpeak', topic: text === '' ? null : text });
    }),
    cancelRegistration: when(registers && myPlace(live) !== null, () => {
      request({ type: 'cancelRegistration' });
    }),
    finishSpeech: when(floor, () => {
      request({ type: 'finishSpeech' });
    }),
    acceptInvitation: when(invited && ready, () => {
      dispatch({ type: 'acceptInvitation' });
    }),
    postponeInvitation: when(typeof live?.invitation?.opensAt === 'number', () => {
      dispatch({ type: 'postponeInvitation' });
    }),
    dismissInvitation: when(invited, () => {
      dispatch({ type: 'dismissInvitation' });
    }),
    arrange: when(live !== null, (arrangement) => {
      dispatch({ type: 'arrange', arrangement });
    }),
    pin: when(live !== null, (seat) => {
      dispatch({ type: 'pin', seat });
    }),
    unpin: when(live !== null && live.pinned !== null, () => {
      dispatch({ type: 'pin', seat: null });
    }),
    show: when(live !== null, (showing) => {
      dispatch({ type: 'show', showing });
    }),
  };
}

/** Presenting without being asked is a right of the role or was allowed to the seat; the speaker may too. */
function mayPresent(live: Live): boolean {
  const seat = live.seats.get(live.you.seat);
  return may(live, 'present') || seat?.mayPresent === true;
}

function hostActions({ call }: State, dispatch: Dispatch): HostActions {
  const live = call.phase === 'live' ? call : null;
  const allowed = (action: Action): boolean => live !== null && may(live, action);
  /** A request without fields. */
  const ask = (available: boolean, message: ClientMessage): Do =>
    when(available, () => {
      dispatch({ type: 'request', message });
    });
  const phase = live?.meeting.phase;
  const direct = allowed('direct');
  const microphones = allowed('controlMicrophones');
  return {
    startMeeting: ask(allowed('convene') && phase === 'waiting', { type: 'startMeeting' }),
    endMeeting: ask(allowed('convene') && phase === 'running', { type: 'endMeeting' }),
    putOnStage: when(direct, (seat) => {
      dispatch({ type: 'request', message: { type: 'putOnStage', seat } });
    }),
    clearStage: ask(direct && live?.meeting.stage !== undefined, { type: 'clearStage' }),
    inviteToSpeak: when(direct && phase === 'running', (seat) => {
      dispatch({ type: 'request', message: { type: 'inviteToSpeak', seat } });
    }),
    endSpeech: ask(direct && live?.meeting.floor !== undefined, { type: 'endSpeech' }),
    dismissRegistration: when(direct, (seat) => {
      dispatch({ type: 'request', message: { type: 'dismissRegistration', seat } });
    }),
    lockAllMicrophones: ask(microphones, { type: 'lockAllMicrophones' }),
    allowAllMicrophones: ask(microphones, { type: 'allowAllMicrophones' }),
    lockMicrophone: when(microphones, (seat) => {
      dispatch({ type: 'request', message: { type: 'lockMicrophone', seat } });
    }),
    allowMicrophone: when(microphones, (seat) => {
      dispatch({ type: 'request', message: { type: 'allowMicrophone', seat } });
    }),
    stopPresentation: ask(allowed('controlPresenting') && live?.meeting.presenter !== undefined, {
      type: 'stopPresentation',
    }),
    allowPresenting: when(allowed('controlPresenting'), (seat) => {
      dispatch({ type: 'request', message: { type: 'allowPresenting', seat } });
    }),
    inviteSites: when(allowed('manageSeats'), (units) => {
      dispatch({ type: 'request', message: { type: 'inviteSites', units: [...units] } });
    }),
    removeSeat: when(allowed('manageSeats'), (seat) => {
      dispatch({ type: 'request', message: { type: 'removeSeat', seat } });
    }),
    inviteBack: when(allowed('manageSeats'), (seat) => {
      dispatch({ type: 'request', message: { type: 'inviteBack', seat } });
    }),
  };
}

function branchActions({ call }: State, dispatch: Dispatch): BranchActions {
  const live = call.phase === 'live' ? call : null;
  const request = (message: ClientMessage): void => {
    dispatch({ type: 'request', message });
  };
  const allowed = (action: Action): boolean => live !== null && may(live, action);
  const inside = live === null ? null : myBranch(live);
  const own = live === null ? null : ownCandidate(live);
  const outside = allowed('detach') && inside === null;
  return {
    detachBranch: when(outside && live?.meeting.phase === 'running', (unit, chair, deputy) => {
      request({ type: 'detachBranch', unit, chair, deputy });
    }),
    returnBranch: when(allowed('detach'), (unit) => {
      request({ type: 'returnBranch', unit });
    }),
    nameBranchChair: when(allowed('detach'), (unit, seat) => {
      request({ type: 'nameBranchChair', unit, seat });
    }),
    chooseDetaching: when(outside, (policy) => {
      request({ type: 'setDetaching', policy });
    }),
    sitApart: when(own !== null, () => {
      if (own !== null) request({ type: 'detachBranch', unit: own, chair: null, deputy: null });
    }),
    sitTogether: when(allowed('detach') && inside !== null, () => {
      if (inside !== null) request({ type: 'returnBranch', unit: inside.unit });
    }),
  };
}
