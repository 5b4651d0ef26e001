/** A room's own computer: it waits and enters by itself. */
export const kiosk = {
  waiting: 'Đang chờ cuộc họp tiếp theo',
  none: 'Chưa có cuộc họp nào. Khi điểm cầu được mời, cuộc họp sẽ hiện tại đây.',
  running: 'Cuộc họp đang diễn ra',
  begins: (time: string, date: string) => `Bắt đầu lúc ${time} ngày ${date}`,
  bySelf: (minutes: number) => `Máy này tự vào họp trước giờ bắt đầu ${minutes} phút, không cần thao tác.`,
  entering: 'Đang vào cuộc họp…',
  aside: {
    own: 'Phòng họp đã rời cuộc họp này.',
    removed: 'Đã ra khỏi cuộc họp theo yêu cầu của chủ trì. Máy này tự vào lại khi điểm cầu được mời lại.',
    revoked: 'Quyền tham gia cuộc họp đã thay đổi. Đề nghị liên hệ quản trị hệ thống.',
    misbehaved: 'Kết nối bị ngắt do dữ liệu không hợp lệ. Đề nghị liên hệ cán bộ kỹ thuật.',
    elsewhere: 'Điểm cầu đang dự họp trên thiết bị khác. Máy này tự vào khi thiết bị đó rời cuộc họp.',
  },
  enter: 'Vào họp ngay',
  enterHere: 'Vào họp tại máy này',
  prepare: 'Bật âm thanh và toàn màn hình',
  quit: 'Thoát chế độ phòng họp',
};
