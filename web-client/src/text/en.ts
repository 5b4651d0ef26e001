import type { Dictionary } from './vi.ts';
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
} from './en/common.ts';
import { create } from './en/create.ts';
import { after, meetings, password, signIn } from './en/entry.ts';
import { host } from './en/host.ts';
import { kiosk } from './en/kiosk.ts';
import { captureFailures, lobby } from './en/lobby.ts';
import { connection, meeting, notices, seatStates, settings } from './en/meeting.ts';
import { terms } from './en/terms.ts';

/** English, typed against the Vietnamese source. */
export const en: Dictionary = {
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
