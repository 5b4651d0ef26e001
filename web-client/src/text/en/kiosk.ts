import type { Dictionary } from '../vi.ts';

/** A room's own computer: it waits and enters by itself. */
export const kiosk: Dictionary['kiosk'] = {
  waiting: 'Waiting for the next meeting',
  none: 'No meeting yet. When the site is invited, the meeting appears here.',
  running: 'The meeting is going on',
  begins: (time, date) => `Begins at ${time} on ${date}`,
  bySelf: (minutes) =>
    `This computer joins by itself ${minutes} minutes before the beginning. Nothing needs to be done.`,
  entering: 'Joining the meeting…',
  aside: {
    own: 'The room has left this meeting.',
    removed:
      'The chair has removed the site from the meeting. This computer joins again once the site is invited back.',
    revoked: 'The right to take part in the meeting has changed. Please contact the administrator.',
    misbehaved: 'The connection was closed because of invalid data. Please contact the technician.',
    elsewhere:
      'The site is in the meeting on another device. This computer joins when that device leaves the meeting.',
  },
  enter: 'Join now',
  enterHere: 'Join on this computer',
  prepare: 'Sound on and full screen',
  quit: 'Leave room mode',
};
