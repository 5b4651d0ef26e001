/** Sign-in, first password, my meetings, the screens after a meeting. */
export const signIn = {
  title: 'Đăng nhập',
  personTab: 'Cán bộ',
  siteTab: 'Điểm cầu',
  username: 'Tên đăng nhập',
  usernameHint: 'Do quản trị hệ thống của đơn vị cấp.',
  password: 'Mật khẩu',
  siteCode: 'Mã điểm cầu',
  siteCodeHint: 'Ghi trên phiếu cấp cho phòng họp.',
  siteSecret: 'Mã bí mật',
  siteQr: 'Có thể quét mã QR trên phiếu để vào mà không cần nhập.',
  submitPerson: 'Đăng nhập',
  submitSite: 'Đăng nhập bằng mã điểm cầu',
  working: 'Đang đăng nhập…',
  help: 'Quên mật khẩu hoặc mất phiếu: liên hệ quản trị hệ thống của đơn vị.',
};

export const password = {
  title: 'Đổi mật khẩu',
  first: 'Mật khẩu hiện tại do quản trị cấp lần đầu. Cần đặt mật khẩu riêng trước khi sử dụng.',
  current: 'Mật khẩu hiện tại',
  next: 'Mật khẩu mới',
  nextHint: 'Từ 10 ký tự trở lên. Nên dùng một câu dễ nhớ gồm nhiều từ.',
  again: 'Nhập lại mật khẩu mới',
  tooShort: (n: number) => `Mật khẩu mới cần thêm ${n} ký tự.`,
  differs: 'Hai lần nhập mật khẩu mới chưa giống nhau.',
  submit: 'Đổi mật khẩu',
  done: 'Đã đổi mật khẩu.',
};

export const meetings = {
  title: 'Cuộc họp',
  mine: 'Cuộc họp của tôi',
  create: 'Tạo cuộc họp',
  administration: 'Quản trị',
  nodes: 'Sơ đồ máy chủ',
  refresh: 'Tải lại danh sách',
  join: 'Vào họp',
  start: 'Thời gian',
  today: 'Hôm nay',
  connected: (n: string, m: string) => `${n}/${m} điểm cầu đã kết nối`,
  yourRole: (role: string) => `Vai trò: ${role}`,
  convenedBy: (unit: string) => `Đơn vị triệu tập: ${unit}`,
  empty: 'Chưa có cuộc họp nào',
  emptyHint: 'Khi đơn vị được mời, cuộc họp sẽ hiện tại đây. Danh sách tự cập nhật.',
  emptyCreate: 'Chọn “Tạo cuộc họp” để triệu tập cuộc họp đầu tiên.',
  upcoming: 'Đang diễn ra và sắp tới',
  past: 'Đã kết thúc',
};

export const after = {
  rejoin: 'Vào lại cuộc họp',
  returning: 'Đang vào lại cuộc họp…',
  takeBack: 'Vào lại tại đây',
  toMeetings: 'Về danh sách cuộc họp',
  reload: 'Tải lại trang',
  duration: (time: string) => `Thời gian tham dự: ${time}`,
};
