import {
  byes,
  common,
  grantRoles,
  lines,
  meetingKinds,
  phases,
  profiles,
  profilesShort,
  refusals,
  retryIn,
  roles,
} from './vi/common.ts';
import { create } from './vi/create.ts';
import { after, meetings, password, signIn } from './vi/entry.ts';
import { host } from './vi/host.ts';
import { kiosk } from './vi/kiosk.ts';
import { captureFailures, lobby } from './vi/lobby.ts';
import { connection, meeting, notices, seatStates, settings } from './vi/meeting.ts';
import { terms } from './vi/terms.ts';

/** The source of every text of the interface; other languages are typed against it. */
export const vi = {
  after,
  byes,
  common,
  connection,
  create,
  captureFailures,
  grantRoles,
  host,
  kiosk,
  lines,
  lobby,
  meeting,
  meetingKinds,
  meetings,
  notices,
  password,
  phases,
  profiles,
  profilesShort,
  refusals,
  retryIn,
  roles,
  seatStates,
  settings,
  signIn,
  terms,
};

export type Dictionary = typeof vi;
