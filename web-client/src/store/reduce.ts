// The one transition of the client: `reduce(state, event, now)` gives the next state and what it asks the edges to
// do. Pure: no clock, no network, no framework. The walk: here → reduce/entry (signing in, pages), reduce/device
// (cameras, settings), reduce/call (lobby to leaving) → reduce/received (the node's messages) → reduce/facts (what a
// change means for this seat).

import type { Event, Intent, Step } from './events.ts';
import type { State } from './state.ts';
import { onCallIntent, onLinked, onTicket } from './reduce/call.ts';
import { onDeviceIntent, onSensed } from './reduce/device.ts';
import { onKioskIntent } from './reduce/kiosk.ts';
import { onAnswered, onEntryIntent } from './reduce/entry.ts';

export function reduce(state: State, event: Event, now: number): Step {
  switch (event.type) {
    case 'signIn':
    case 'changePassword':
    case 'signOut':
    case 'showMeetings':
    case 'refreshMeetings':
    case 'showCreate':
    case 'createMeeting':
    case 'showAdministration':
    case 'showNodes':
    case 'createAccount':
    case 'setAccountState':
    case 'issueSite':
    case 'revokeSite':
    case 'dismissIssued':
      return onEntryIntent(state, event);
    case 'chooseDevice':
    case 'changeSettings':
    case 'retryDevices':
    case 'playTone':
    case 'unblockSound':
    case 'dismissNotice':
    case 'camera':
    case 'present':
      return onDeviceIntent(state, event);
    case 'enterLobby':
    case 'leaveLobby':
    case 'join':
    case 'joinReplacing':
    case 'keepOther':
    case 'leave':
    case 'rejoin':
    case 'backToMeetings':
    case 'acceptInvitation':
    case 'postponeInvitation':
    case 'dismissInvitation':
    case 'arrange':
    case 'pin':
    case 'show':
    case 'request':
      return onCallIntent(state, event, now);
    case 'enterNow':
    case 'quitKiosk':
      return onKioskIntent(state, event, now);
    default:
      return onHappened(state, event, now);
  }
}

/** What nobody asked for: answers, messages, devices. */
function onHappened(state: State, event: Exclude<Event, Intent>, now: number): Step {
  switch (event.type) {
    case 'session':
    case 'sessionMissing':
    case 'sessionFailed':
    case 'passwordChanged':
    case 'passwordFailed':
    case 'signedOut':
    case 'meetings':
    case 'meetingsFailed':
    case 'units':
    case 'unitsFailed':
    case 'meetingCreated':
    case 'meetingFailed':
    case 'accounts':
    case 'accountsFailed':
    case 'nodes':
    case 'nodesFailed':
    case 'accountChanged':
    case 'sites':
    case 'administrationFailed':
    case 'issued':
    case 'revoked':
      return onAnswered(state, event, now);
    case 'ticket':
    case 'ticketFailed':
      return onTicket(state, event, now);
    case 'devices':
    case 'captureStarted':
    case 'captureFailed':
    case 'captureClosed':
    case 'captureStopped':
    case 'captureStalled':
    case 'level':
    case 'talkingWhileOff':
    case 'toneEnded':
    case 'soundBlocked':
    case 'slotFlipped':
    case 'slotFrozen':
    case 'figures':
      return onSensed(state, event, now);
    case 'received':
    case 'requestRefused':
    case 'socketLost':
    case 'callEnded':
    case 'callFailed':
    case 'mediaFlowing':
    case 'mediaRestarting':
    case 'mediaRejoining':
    case 'invitationDue':
      return onLinked(state, event, now);
    default:
      return event satisfies never;
  }
}
