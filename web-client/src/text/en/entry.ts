import type { Dictionary } from '../vi.ts';

export const signIn: Dictionary['signIn'] = {
  title: 'Sign in',
  personTab: 'Person',
  siteTab: 'Site',
  username: 'User name',
  usernameHint: 'Given by the administrator of the unit.',
  password: 'Password',
  siteCode: 'Site code',
  siteCodeHint: 'Printed on the sheet of the meeting room.',
  siteSecret: 'Secret',
  siteQr: 'Scanning the QR code of the sheet signs in without typing.',
  submitPerson: 'Sign in',
  submitSite: 'Sign in with the site code',
  working: 'Signing in…',
  help: 'Password forgotten or sheet lost: contact the administrator of the unit.',
};

export const password: Dictionary['password'] = {
  title: 'Change the password',
  first: 'This password was given by the administrator. Please set your own before going on.',
  current: 'Present password',
  next: 'New password',
  nextHint: 'At least 10 characters. A sentence of several words is easy to remember.',
  again: 'New password again',
  tooShort: (n) => `The new password needs ${n} more characters.`,
  differs: 'The two new passwords are not the same.',
  submit: 'Change the password',
  done: 'The password is changed.',
};

export const meetings: Dictionary['meetings'] = {
  title: 'Meetings',
  mine: 'My meetings',
  create: 'Create meeting',
  administration: 'Administration',
  nodes: 'Map of servers',
  refresh: 'Reload the list',
  join: 'Join',
  start: 'Time',
  today: 'Today',
  connected: (n, m) => `${n} of ${m} sites connected`,
  yourRole: (role) => `Role: ${role}`,
  convenedBy: (unit) => `Convened by: ${unit}`,
  empty: 'No meetings yet',
  emptyHint: 'A meeting appears here when the unit is invited. The list reloads by itself.',
  emptyCreate: 'Choose “Create meeting” to convene the first one.',
  upcoming: 'Going on and coming',
  past: 'Ended',
};

export const after: Dictionary['after'] = {
  returning: 'Going back to the meeting…',
  rejoin: 'Join again',
  takeBack: 'Use this device',
  toMeetings: 'To the meetings',
  reload: 'Reload the page',
  duration: (time) => `Time in the meeting: ${time}`,
};
