import type { MeetingKind } from '../../protocol/generated.ts';

/** Words that differ with the kind of meeting; the rules of the meeting do not. */
export type Terms = {
  readonly chair: string;
  readonly meeting: string;
  readonly start: string;
  readonly end: string;
  readonly ended: string;
};

const briefing: Terms = {
  chair: 'Chủ trì',
  meeting: 'Cuộc họp',
  start: 'Bắt đầu cuộc họp',
  end: 'Kết thúc cuộc họp',
  ended: 'Cuộc họp đã kết thúc',
};

const conference: Terms = {
  chair: 'Chủ trì',
  meeting: 'Hội nghị',
  start: 'Khai mạc hội nghị',
  end: 'Bế mạc hội nghị',
  ended: 'Hội nghị đã kết thúc',
};

const council: Terms = {
  chair: 'Chủ tọa',
  meeting: 'Kỳ họp',
  start: 'Khai mạc kỳ họp',
  end: 'Bế mạc kỳ họp',
  ended: 'Kỳ họp đã kết thúc',
};

const training: Terms = {
  chair: 'Chủ trì',
  meeting: 'Lớp tập huấn',
  start: 'Bắt đầu tập huấn',
  end: 'Kết thúc tập huấn',
  ended: 'Lớp tập huấn đã kết thúc',
};

const rehearsal: Terms = {
  chair: 'Người điều hành',
  meeting: 'Phiên kết nối thử',
  start: 'Bắt đầu kết nối thử',
  end: 'Kết thúc kết nối thử',
  ended: 'Phiên kết nối thử đã kết thúc',
};

export const terms: Record<MeetingKind, Terms> = {
  briefing,
  conference,
  emergency: briefing,
  councilSession: council,
  training,
  rehearsal,
};
