// An invented province for looking at screens without a server.

import type {
  AccountId,
  AccountView,
  MeetingId,
  MeetingSummary,
  MeetingView,
  SeatId,
  SeatView,
  SessionView,
  TierCode,
  UnitCode,
  UnitList,
  UnitView,
} from '../src/protocol/generated.ts';

export const NOW = Date.UTC(2026, 10, 23, 1, 12) / 1000;

const clusters = ['Cụm Đông Hà', 'Cụm Tây Sơn', 'Cụm Ẳng Nưa'];
const communes = [
  'Xã Tân An',
  'Xã Quỳnh Ngọc',
  'Phường Ẵng Tở',
  'Xã Hòa Bình',
  'Xã Mường Ảng',
  'Phường Bình Hòa',
  'Xã Đắk Rồ Xẻng',
  'Xã Lộc Trì',
  'Xã Yên Mỹ',
  'Phường Kỳ Lừa',
  'Xã Nghĩa Thuận Đông',
  'Xã Phước Hữu',
  'Xã Sơn Kỳ',
  'Phường Thuận Ỷ',
];

const unit = (code: string, name: string, tier: string, order: number, parent?: string): UnitView => ({
  code: code as UnitCode,
  name,
  tier: tier as TierCode,
  order,
  ...(parent === undefined ? {} : { parent: parent as UnitCode }),
});

const list: UnitView[] = [unit('T01', 'Tỉnh An Giang Thượng', 'province', 0)];
clusters.forEach((cluster, c) => {
  list.push(unit(`C${c}`, cluster, 'cluster', c, 'T01'));
  communes.forEach((commune, i) => {
    const suffix = c === 0 ? '' : c === 1 ? ' Tây' : ' Thượng';
    list.push(unit(`X${c}${String(i).padStart(2, '0')}`, commune + suffix, 'commune', i, `C${c}`));
  });
});

export const units: UnitList = {
  tiers: [
    { code: 'province' as TierCode, name: 'Cấp tỉnh' },
    { code: 'cluster' as TierCode, name: 'Cụm xã' },
    { code: 'commune' as TierCode, name: 'Cấp xã' },
  ],
  units: list,
};

const nameOf = (code: string): string => list.find((candidate) => candidate.code === code)?.name ?? code;

export function siteSeats(): SeatView[] {
  return list.map((place, order) => {
    const connection: SeatView['connection'] =
      order % 13 === 12
        ? { state: 'lost', since: NOW - 65 }
        : order % 9 === 8
          ? { state: 'absent' }
          : { state: 'connected', since: NOW - 1200 };
    return {
      seat: `s-${place.code}` as SeatId,
      occupant: { kind: 'site', unit: place.code },
      name: place.name,
      detail: place.parent === undefined ? '' : nameOf(place.parent),
      tier: place.tier,
      parent: place.parent ?? null,
      role: 'site',
      order,
      connection,
      microphone: order === 0 ? 'off' : 'locked',
      camera: order % 7 !== 6,
      mayPresent: false,
    };
  });
}

export function personSeats(): SeatView[] {
  const people = [
    ['p1', 'Nguyễn Thị Hường, Chủ tịch UBND tỉnh', 'chair'],
    ['p2', 'Trần Văn Ẩn, Chánh Văn phòng', 'secretary'],
  ] as const;
  return people.map(([id, name, role], index) => ({
    seat: id as SeatId,
    occupant: { kind: 'person', account: id as unknown as AccountId, unit: 'T01' as UnitCode },
    name,
    detail: 'Tỉnh An Giang Thượng',
    tier: 'province' as TierCode,
    parent: null,
    role,
    order: 100 + index,
    connection: { state: 'connected', since: NOW - 1500 },
    microphone: 'off',
    camera: true,
    mayPresent: true,
  }));
}

export const meetingId = 'm-1' as MeetingId;

export const summaries: readonly MeetingSummary[] = [
  {
    meeting: meetingId,
    title: 'Họp giao ban tháng 11: tình hình phòng chống lụt bão và giải ngân vốn đầu tư công',
    kind: 'briefing',
    conveningUnit: 'T01' as UnitCode,
    conveningName: 'Tỉnh An Giang Thượng',
    starts: NOW - 42 * 60,
    phase: 'running',
    role: 'chair',
    sites: 124,
    connected: 118,
  },
  {
    meeting: 'm-2' as MeetingId,
    title: 'Kỳ họp thứ 12 Hội đồng nhân dân tỉnh khóa XV',
    kind: 'councilSession',
    conveningUnit: 'T01' as UnitCode,
    conveningName: 'Tỉnh An Giang Thượng',
    starts: NOW + 3 * 86400,
    phase: 'waiting',
    role: 'site',
    sites: 1240,
    connected: 0,
  },
  {
    meeting: 'm-3' as MeetingId,
    title: 'Phiên kết nối thử',
    kind: 'rehearsal',
    conveningUnit: 'T01' as UnitCode,
    conveningName: 'Tỉnh An Giang Thượng',
    starts: NOW - 5 * 86400,
    phase: 'ended',
    role: 'operator',
    sites: 124,
    connected: 0,
  },
];

export const session: SessionView = {
  account: 'a1' as AccountId,
  kind: 'person',
  name: 'Trần Văn Ẩn, Chánh Văn phòng',
  unit: 'T01' as UnitCode,
  unitName: 'Tỉnh An Giang Thượng',
  grants: [
    { role: 'administrator', unit: 'T01' as UnitCode },
    { role: 'convener', unit: 'T01' as UnitCode },
  ],
  mustChangePassword: false,
};

export const siteSession: SessionView = {
  account: 'x001' as AccountId,
  kind: 'site',
  name: 'Xã Quỳnh Ngọc',
  unit: 'X001' as UnitCode,
  unitName: 'Xã Quỳnh Ngọc',
  grants: [],
  mustChangePassword: false,
};

export const accounts: readonly AccountView[] = [
  {
    account: 'a1' as AccountId,
    username: 'tran.van.an',
    name: 'Trần Văn Ẩn, Chánh Văn phòng',
    unit: 'T01' as UnitCode,
    state: 'active',
    grants: session.grants,
  },
  {
    account: 'a2' as AccountId,
    username: 'nguyen.thi.huong',
    name: 'Nguyễn Thị Hường, Chủ tịch UBND tỉnh',
    unit: 'T01' as UnitCode,
    state: 'active',
    grants: [{ role: 'delegate', unit: 'T01' as UnitCode }],
  },
  {
    account: 'a3' as AccountId,
    username: 'le.quoc.ky',
    name: 'Lê Quốc Kỳ, cán bộ kỹ thuật',
    unit: 'C0' as UnitCode,
    state: 'disabled',
    grants: [],
  },
];

export const meeting: MeetingView = {
  meeting: meetingId,
  title: 'Họp giao ban tháng 11: tình hình phòng chống lụt bão',
  kind: 'briefing',
  conveningUnit: 'T01' as UnitCode,
  conveningName: 'Tỉnh An Giang Thượng',
  starts: NOW - 42 * 60,
  started: NOW - 41 * 60,
  phase: 'running',
  microphones: 'locked',
  stage: 's-X000' as SeatId,
  floor: 's-X000' as SeatId,
  floorSince: NOW - 134,
  queue: [
    { seat: 's-X003' as SeatId, topic: 'Tiến độ giải ngân vốn đầu tư công quý IV', since: NOW - 190 },
    { seat: 's-X105' as SeatId, since: NOW - 64 },
    {
      seat: 's-X202' as SeatId,
      topic: 'Đề nghị hỗ trợ khắc phục sạt lở tuyến đường liên xã',
      since: NOW - 20,
    },
  ],
  apart: [],
  detaching: 'hosts',
  fact: 311,
};

/** Two branches sit apart: one was let go, the line of the other is cut. */
export const apartMeeting: MeetingView = {
  ...meeting,
  apart: [
    { unit: 'C0' as UnitCode, name: 'Huyện Châu Phú', since: NOW - 300, chair: 's-X000' as SeatId },
    { unit: 'C1' as UnitCode, name: 'Huyện Tịnh Biên', since: NOW - 45, cut: true },
  ],
};

/** As those of the branch whose line is cut see it. */
export const cutMeeting: MeetingView = {
  ...apartMeeting,
  branch: 'C1' as UnitCode,
  apart: [
    {
      unit: 'C1' as UnitCode,
      name: 'Huyện Tịnh Biên',
      since: NOW - 45,
      cut: true,
      chair: 's-X000' as SeatId,
    },
  ],
};
