/** What only dialogs of the meeting say. */
export const shortcuts = {
  title: 'Phím tắt',
  hint: 'Phím tắt không tác dụng khi đang nhập chữ.',
  microphone: 'Bật, tắt micro',
  hold: 'Giữ để nói, thả để tắt micro',
  camera: 'Bật, tắt camera',
  register: 'Đăng ký hoặc hủy đăng ký phát biểu',
  present: 'Trình chiếu, dừng trình chiếu',
  fullScreen: 'Toàn màn hình',
  help: 'Mở bảng phím tắt',
  space: 'Phím cách',
  off: 'Phím tắt một chữ cái đang tắt trong Cài đặt.',
};

export const technical = {
  title: 'Thông tin kỹ thuật',
  intro: 'Số liệu của máy này trong vài giây gần nhất.',
  summaryGood: 'Đường truyền đủ cho cuộc họp.',
  summaryFair: 'Đường truyền trung bình: hình có thể giảm độ nét, tiếng vẫn rõ.',
  summaryPoor: 'Đường truyền kém: nên chọn mức tiết kiệm băng thông và gọi cán bộ kỹ thuật.',
  summaryLost: 'Không có dữ liệu từ máy chủ: kiểm tra dây mạng và gọi cán bộ kỹ thuật.',
  summaryUnknown: 'Chưa đủ số liệu.',
  receiving: 'Đang nhận',
  sending: 'Đang gửi',
  down: 'Băng thông nhận',
  up: 'Băng thông gửi',
  delay: 'Độ trễ',
  picture: 'Hình màn hình chính',
  lost: 'Mất gói',
  freezes: 'Đứng hình',
  copy: 'Sao chép cho kỹ thuật',
  unknown: 'chưa đo',
};
