import type { Dictionary } from '../vi.ts';

export const common: Dictionary['common'] = {
  product: 'Online meetings',
  productLong: 'Video conference system',
  language: { label: 'Language', vi: 'Tiếng Việt', en: 'English' },
  signOut: 'Sign out',
  close: 'Close',
  cancel: 'Cancel',
  back: 'Back',
  confirm: 'Confirm',
  retry: 'Try again',
  remove: 'Remove',
  search: 'Search',
  copy: 'Copy',
  copied: 'Copied',
  print: 'Print',
  loading: 'Loading…',
  help: 'Help',
  settings: 'Settings',
  menu: 'Menu',
  more: 'More',
  showPassword: 'Show password',
  hidePassword: 'Hide password',
  expand: (name) => `Expand ${name}`,
  collapse: (name) => `Collapse ${name}`,
  noMatch: 'Nothing matches. Please check the search words.',
  noUnits: 'There are no units yet. The administrator has to import the file of units on the server.',
  required: 'Required',
  notJoined: 'The meeting could not be joined',
  notifications: 'Notifications',
};

export const meetingKinds: Dictionary['meetingKinds'] = {
  briefing: 'Briefing',
  conference: 'Conference',
  emergency: 'Emergency meeting',
  councilSession: 'People’s Council session',
  training: 'Training',
  rehearsal: 'Rehearsal',
};

export const phases: Dictionary['phases'] = {
  waiting: 'Not started',
  running: 'In progress',
  ended: 'Ended',
};

export const roles: Dictionary['roles'] = {
  chair: 'Chair',
  secretary: 'Secretary',
  operator: 'Operator',
  site: 'Site',
  delegate: 'Delegate',
  viewer: 'Viewer',
};

export const grantRoles: Dictionary['grantRoles'] = {
  administrator: 'System administrator',
  convener: 'Convener of meetings',
  operator: 'Operator',
  delegate: 'Delegate',
  viewer: 'Viewer',
};

export const lines: Dictionary['lines'] = {
  unknown: 'Not measured',
  good: 'Good',
  fair: 'Fair',
  poor: 'Poor',
  lost: 'Lost',
};

export const profiles: Dictionary['profiles'] = {
  full: 'Full',
  saver: 'Data saving',
  audioStills: 'Audio and stills',
  audioOnly: 'Audio only',
};

export const profilesShort: Dictionary['profilesShort'] = {
  full: 'Full',
  saver: 'Saving',
  audioStills: 'Stills',
  audioOnly: 'Sound only',
};

export const refusals: Dictionary['refusals'] = {
  malformed: 'What was sent is not valid. Please check the fields.',
  tooLarge: 'What was sent is too long. Please shorten it and send it again.',
  rateLimited: 'Too many actions at once. Please wait some seconds and try again.',
  helloExpected: 'The connection is out of step. Please reload the page.',
  versionMismatch: 'This page is older than the server. Please reload it.',
  signedOut: 'The session is no longer valid. Please sign in again.',
  wrongCredential: 'The name or the secret is wrong. Please check and enter it again.',
  lockedOut: 'Locked after too many wrong tries. Please wait, or contact the system administrator.',
  passwordChangeRequired: 'The password must be changed first.',
  weakPassword:
    'The new password is too short or too common. Please choose another of at least 10 characters.',
  ticketInvalid: 'The right to come in has expired. Please choose the meeting again.',
  notInvited: 'This account is not invited to the meeting. Please contact the secretary.',
  removed: 'The chair has removed this site from the meeting. Please ask the secretary for a new invitation.',
  notAllowed: 'This account may not do that.',
  outsideScope: 'This unit is outside of what the account may manage.',
  microphoneLocked: 'The chair has locked the microphone. Please register to speak and wait to be invited.',
  noSuchMeeting: 'The meeting was not found. Please reload the list.',
  noSuchSeat: 'The site was not found in the meeting. Please reload the page.',
  noSuchUnit: 'The unit does not exist at the time of the meeting. Please choose another.',
  noSuchAccount: 'The account was not found. Please check the user name.',
  nameTaken: 'The user name is taken. Please choose another.',
  notStarted: 'The meeting has not started. Please wait for the chair.',
  ended: 'The meeting is over.',
  notConnected: 'The site is not connected. Please wait until it has joined.',
  presenterBusy: 'Another site is presenting. Please wait, or stop that presentation.',
  apart: 'The site or unit is in a sub-meeting. Please bring the unit back to the plenary first.',
  notApart: 'This unit is not in a sub-meeting any more.',
  noSuchBranch:
    'This unit cannot meet on its own: none of its sites was invited, or it is the unit that convened.',
  full: 'The server is full. Please contact the system administrator.',
  offerRejected:
    'Browser and server do not agree on sound and picture. Please reload, or update the browser.',
  parentAway:
    'The line to the server above is interrupted. Please try again; if it lasts, contact the system administrator.',
  internal: 'The server failed. Please try again; if it fails again, contact the system administrator.',
};

export const retryIn: Dictionary['retryIn'] = (seconds) => `Try again in ${seconds} seconds.`;

export const byes: Dictionary['byes'] = {
  replaced: {
    title: 'This site was opened on another device',
    todo: 'This device is disconnected. Choose “Use this device” to take the meeting back here.',
  },
  removed: {
    title: 'Removed from the meeting by the chair',
    todo: 'Please contact the secretary to be invited again.',
  },
  revoked: {
    title: 'The right to be in this meeting has changed',
    todo: 'An administrator has just changed the site code, the password or the rights of this account. Choose “Join again” to sign in and come back, or contact the administrator.',
  },
  ended: { title: 'The meeting is over', todo: 'Thank you for taking part.' },
  left: {
    title: 'You have left the meeting',
    todo: 'It is possible to join again while the meeting goes on.',
  },
  restarting: { title: 'The server is restarting', todo: 'Keep this page open; it reconnects by itself.' },
  overrun: {
    title: 'The line is too slow for the data',
    todo: 'Keep this page open; it reconnects by itself. If it happens again, choose data saving.',
  },
  misbehaved: {
    title: 'Disconnected because of invalid data',
    todo: 'Please reload the page. If it happens again, contact the technician.',
  },
  silent: { title: 'No signal from this device', todo: 'Keep this page open; it reconnects by itself.' },
};
