import type {
  ByeReason,
  GrantRole,
  LineQuality,
  MediaProfile,
  MeetingKind,
  MeetingPhase,
  Refusal,
  Role,
} from '../../protocol/generated.ts';

export const common = {
  product: 'Họp trực tuyến',
  productLong: 'Hội nghị truyền hình trực tuyến',
  language: { label: 'Ngôn ngữ', vi: 'Tiếng Việt', en: 'English' },
  signOut: 'Đăng xuất',
  close: 'Đóng',
  cancel: 'Hủy',
  back: 'Trở lại',
  confirm: 'Đồng ý',
  retry: 'Thử lại',
  remove: 'Bỏ',
  search: 'Tìm kiếm',
  copy: 'Sao chép',
  copied: 'Đã sao chép',
  print: 'In',
  loading: 'Đang tải…',
  help: 'Hướng dẫn sử dụng',
  settings: 'Cài đặt',
  menu: 'Chức năng',
  more: 'Thêm',
  showPassword: 'Hiện mật khẩu',
  hidePassword: 'Ẩn mật khẩu',
  expand: (name: string) => `Mở nhánh ${name}`,
  collapse: (name: string) => `Thu gọn nhánh ${name}`,
  noMatch: 'Không tìm thấy kết quả phù hợp. Đề nghị kiểm tra lại từ khóa.',
  noUnits: 'Chưa có cây đơn vị. Quản trị hệ thống cần nhập tệp đơn vị trên máy chủ.',
  required: 'Bắt buộc nhập',
  notJoined: 'Chưa vào được cuộc họp',
  notifications: 'Thông báo',
};

export const meetingKinds: Record<MeetingKind, string> = {
  briefing: 'Họp giao ban',
  conference: 'Hội nghị',
  emergency: 'Họp chỉ đạo khẩn',
  councilSession: 'Kỳ họp Hội đồng nhân dân',
  training: 'Tập huấn',
  rehearsal: 'Phiên kết nối thử',
};

export const phases: Record<MeetingPhase, string> = {
  waiting: 'Chưa bắt đầu',
  running: 'Đang diễn ra',
  ended: 'Đã kết thúc',
};

export const roles: Record<Role, string> = {
  chair: 'Chủ trì',
  secretary: 'Thư ký',
  operator: 'Kỹ thuật viên điều hành',
  site: 'Điểm cầu',
  delegate: 'Đại biểu',
  viewer: 'Người theo dõi',
};

export const grantRoles: Record<GrantRole, string> = {
  administrator: 'Quản trị hệ thống',
  convener: 'Triệu tập cuộc họp',
  operator: 'Kỹ thuật viên điều hành',
  delegate: 'Đại biểu',
  viewer: 'Người theo dõi',
};

export const lines: Record<LineQuality, string> = {
  unknown: 'Chưa đo',
  good: 'Tốt',
  fair: 'Trung bình',
  poor: 'Kém',
  lost: 'Mất kết nối',
};

export const profiles: Record<MediaProfile, string> = {
  full: 'Đầy đủ',
  saver: 'Tiết kiệm băng thông',
  audioStills: 'Âm thanh và ảnh tĩnh',
  audioOnly: 'Chỉ nghe âm thanh',
};

/** Beside the line in the meeting's top bar. */
export const profilesShort: Record<MediaProfile, string> = {
  full: 'Đầy đủ',
  saver: 'Tiết kiệm',
  audioStills: 'Ảnh tĩnh',
  audioOnly: 'Chỉ nghe',
};

/** Each sentence says what to do; whom to call is added by the view where a contact is known. */
export const refusals: Record<Refusal, string> = {
  malformed: 'Nội dung gửi đi không hợp lệ. Đề nghị kiểm tra lại các ô đã nhập.',
  tooLarge: 'Nội dung gửi đi quá dài. Đề nghị rút gọn và gửi lại.',
  rateLimited: 'Thao tác quá nhanh. Đề nghị chờ vài giây rồi thử lại.',
  helloExpected: 'Kết nối chưa đúng trình tự. Đề nghị tải lại trang.',
  versionMismatch: 'Trang đang mở đã cũ so với máy chủ. Đề nghị tải lại trang.',
  signedOut: 'Phiên đăng nhập không còn hiệu lực. Đề nghị đăng nhập lại.',
  wrongCredential: 'Thông tin đăng nhập chưa đúng. Đề nghị kiểm tra lại và nhập lại.',
  lockedOut:
    'Nhập sai quá nhiều lần, tài khoản tạm khóa. Đề nghị chờ và thử lại sau, hoặc liên hệ quản trị hệ thống.',
  passwordChangeRequired: 'Cần đổi mật khẩu trước khi sử dụng.',
  weakPassword: 'Mật khẩu mới quá ngắn hoặc quá phổ biến. Đề nghị đặt mật khẩu khác, từ 10 ký tự trở lên.',
  ticketInvalid: 'Giấy vào họp đã hết hiệu lực. Đề nghị chọn lại cuộc họp và vào lại.',
  notInvited: 'Tài khoản không có trong thành phần mời của cuộc họp này. Đề nghị liên hệ thư ký cuộc họp.',
  removed: 'Chủ trì đã đưa điểm cầu này ra khỏi cuộc họp. Đề nghị liên hệ thư ký để được mời lại.',
  notAllowed: 'Tài khoản không có quyền thực hiện thao tác này.',
  outsideScope: 'Đơn vị này nằm ngoài phạm vi quản lý của tài khoản.',
  microphoneLocked: 'Micro do chủ trì khóa. Đề nghị đăng ký phát biểu và chờ mời.',
  noSuchMeeting: 'Không tìm thấy cuộc họp. Đề nghị tải lại danh sách.',
  noSuchSeat: 'Không tìm thấy điểm cầu trong cuộc họp. Đề nghị tải lại trang.',
  noSuchUnit: 'Đơn vị không tồn tại hoặc đã hết hiệu lực tại thời điểm họp. Đề nghị chọn lại đơn vị.',
  noSuchAccount: 'Không tìm thấy tài khoản. Đề nghị kiểm tra lại tên đăng nhập.',
  nameTaken: 'Tên đăng nhập đã có người sử dụng. Đề nghị chọn tên khác.',
  notStarted: 'Cuộc họp chưa bắt đầu. Đề nghị chờ chủ trì khai mạc.',
  ended: 'Cuộc họp đã kết thúc.',
  notConnected: 'Điểm cầu chưa kết nối, chưa thể thực hiện. Đề nghị chờ điểm cầu vào họp.',
  presenterBusy: 'Đang có điểm cầu khác trình chiếu. Đề nghị chờ hoặc dừng phần trình chiếu đó.',
  apart: 'Đang họp riêng. Đề nghị đưa đơn vị trở lại phiên toàn thể trước.',
  notApart: 'Đơn vị không còn họp riêng. Đề nghị tải lại danh sách.',
  noSuchBranch: 'Đơn vị này không tách được. Đề nghị chọn đơn vị khác.',
  full: 'Máy chủ đã đủ số lượng kết nối. Đề nghị liên hệ quản trị hệ thống.',
  offerRejected:
    'Trình duyệt và máy chủ chưa thống nhất được âm thanh, hình ảnh. Đề nghị tải lại trang hoặc cập nhật trình duyệt.',
  parentAway:
    'Đường truyền tới máy chủ cấp trên đang gián đoạn. Đề nghị thử lại; nếu kéo dài, liên hệ quản trị hệ thống.',
  internal: 'Máy chủ gặp lỗi khi xử lý. Đề nghị thử lại; nếu vẫn lỗi, liên hệ quản trị hệ thống.',
};

export const retryIn = (seconds: number) => `Có thể thử lại sau ${seconds} giây.`;

export const byes: Record<ByeReason, { title: string; todo: string }> = {
  replaced: {
    title: 'Điểm cầu đã được mở ở thiết bị khác',
    todo: 'Thiết bị này đã ngừng kết nối. Chọn “Vào lại tại đây” nếu muốn dùng thiết bị này thay thế.',
  },
  removed: {
    title: 'Đã ra khỏi cuộc họp theo yêu cầu của chủ trì',
    todo: 'Đề nghị liên hệ thư ký cuộc họp nếu cần được mời lại.',
  },
  revoked: {
    title: 'Quyền tham gia cuộc họp đã thay đổi',
    todo: 'Mã điểm cầu, mật khẩu hoặc quyền của tài khoản vừa được quản trị thay đổi. Chọn “Vào lại cuộc họp” để đăng nhập và vào lại, hoặc liên hệ quản trị hệ thống.',
  },
  ended: { title: 'Cuộc họp đã kết thúc', todo: 'Trân trọng cảm ơn các đại biểu.' },
  left: { title: 'Đã rời cuộc họp', todo: 'Có thể vào lại khi cuộc họp còn diễn ra.' },
  restarting: {
    title: 'Máy chủ đang khởi động lại',
    todo: 'Giữ nguyên trang này, hệ thống sẽ tự kết nối lại.',
  },
  overrun: {
    title: 'Đường truyền không kịp nhận dữ liệu',
    todo: 'Giữ nguyên trang này, hệ thống sẽ tự kết nối lại. Nếu lặp lại, đề nghị chọn mức tiết kiệm băng thông trong Cài đặt.',
  },
  misbehaved: {
    title: 'Kết nối bị ngắt do dữ liệu không hợp lệ',
    todo: 'Đề nghị tải lại trang. Nếu vẫn gặp, liên hệ cán bộ kỹ thuật.',
  },
  silent: {
    title: 'Không còn tín hiệu từ máy này',
    todo: 'Giữ nguyên trang này, hệ thống sẽ tự kết nối lại.',
  },
};
