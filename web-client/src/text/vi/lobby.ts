import type { CaptureFailure } from '../../media/devices.ts';

/** Before coming in: picture, sound, loudspeaker. */
export const lobby = {
  title: 'Kiểm tra trước khi vào họp',
  startsAt: (time: string, date: string) => `${time} ngày ${date}`,
  pictureStep: 'Hình ảnh',
  soundStep: 'Micro',
  speakerStep: 'Loa',
  preview: 'Hình từ camera',
  camera: 'Camera',
  cameraOff: 'Camera đang tắt',
  cameraNone: 'Không dùng camera',
  cameraStarting: 'Đang mở camera…',
  microphone: 'Micro',
  microphoneNone: 'Không dùng micro',
  microphoneStarting: 'Đang mở micro…',
  loudspeaker: 'Loa',
  loudspeakerDefault: 'Loa mặc định của máy',
  deviceUnnamed: (n: number) => `Thiết bị ${n}`,
  speakNow: 'Nói một câu để kiểm tra micro.',
  level: 'Mức âm thanh',
  levels: {
    noSound: 'Chưa nghe thấy tiếng',
    tooQuiet: 'Nhỏ quá',
    good: 'Nghe rõ',
    tooLoud: 'To quá',
  },
  tone: 'Phát âm thanh thử',
  tonePlaying: 'Đang phát âm thanh thử…',
  toneHint: 'Nếu không nghe thấy: kiểm tra âm lượng, dây loa, rồi chọn loa khác.',
  audioMode: 'Chế độ âm thanh',
  audioRoom: 'Phòng họp',
  audioRoomHint: 'Nhiều người, loa ngoài, có thể qua bàn trộn âm. Giữ nguyên âm thanh của phòng.',
  audioComputer: 'Máy tính cá nhân',
  audioComputerHint: 'Một người, có khử vọng và lọc tiếng ồn.',
  joinsMuted: 'Micro tắt khi vào họp. Chỉ phát tiếng khi được mời hoặc được phép.',
  autoOpen: 'Tự bật micro khi được mời phát biểu',
  autoOpenHint:
    'Micro bật sau 5 giây kể từ khi có chuông mời, màn hình báo rõ. Chỉ dùng cho phòng họp đã chuẩn bị.',
  notice: 'Không trao đổi, trình chiếu nội dung thuộc phạm vi bí mật nhà nước.',
  join: 'Vào họp',
  joining: 'Đang vào họp…',
  joinWithout: 'Có thể vào họp khi chưa có camera hoặc micro để xem và nghe.',
  replaceTitle: 'Thay thế thiết bị đang kết nối',
  replaceAsk: 'Điểm cầu đang kết nối bằng thiết bị khác. Thay thế thiết bị đó?',
  replaceDo: 'Thay thế và vào họp',
};

/** Each sentence says what to do. */
export const captureFailures: Record<'camera' | 'microphone' | 'screen', Record<CaptureFailure, string>> = {
  camera: {
    denied:
      'Trình duyệt chưa được cấp quyền dùng camera. Chọn biểu tượng ổ khóa cạnh địa chỉ trang và chọn “Cho phép”, rồi bấm “Thử lại”.',
    missing: 'Không tìm thấy camera. Đề nghị cắm camera vào máy rồi bấm “Thử lại”.',
    busy: 'Camera đang được chương trình khác sử dụng. Đề nghị đóng chương trình đó và thử lại.',
    insecure:
      'Trang không mở qua kết nối an toàn nên trình duyệt không cho dùng camera. Đề nghị mở bằng địa chỉ https.',
    unsupported: 'Trình duyệt này không dùng được camera. Đề nghị cập nhật trình duyệt.',
    cancelled: 'Chưa chọn camera. Bấm “Thử lại” để chọn.',
    unknown: 'Không mở được camera. Đề nghị rút ra cắm lại, chọn camera khác, hoặc liên hệ cán bộ kỹ thuật.',
  },
  microphone: {
    denied:
      'Trình duyệt chưa được cấp quyền dùng micro. Chọn biểu tượng ổ khóa cạnh địa chỉ trang và chọn “Cho phép”, rồi bấm “Thử lại”.',
    missing: 'Không tìm thấy micro. Đề nghị cắm micro vào máy rồi bấm “Thử lại”.',
    busy: 'Micro đang được chương trình khác sử dụng. Đề nghị đóng chương trình đó và thử lại.',
    insecure:
      'Trang không mở qua kết nối an toàn nên trình duyệt không cho dùng micro. Đề nghị mở bằng địa chỉ https.',
    unsupported: 'Trình duyệt này không dùng được micro. Đề nghị cập nhật trình duyệt.',
    cancelled: 'Chưa chọn micro. Bấm “Thử lại” để chọn.',
    unknown: 'Không mở được micro. Đề nghị rút ra cắm lại, chọn micro khác, hoặc liên hệ cán bộ kỹ thuật.',
  },
  screen: {
    denied:
      'Trình duyệt chưa được phép chia sẻ màn hình. Bấm “Trình chiếu”, chọn màn hình hoặc cửa sổ rồi cho phép.',
    missing: 'Không tìm thấy màn hình hoặc cửa sổ để trình chiếu. Đề nghị mở tài liệu rồi thử lại.',
    busy: 'Không lấy được hình màn hình. Đề nghị đóng chương trình đang chiếm màn hình và thử lại.',
    insecure: 'Trang không mở qua kết nối an toàn nên không trình chiếu được. Đề nghị mở bằng địa chỉ https.',
    unsupported: 'Thiết bị này không hỗ trợ trình chiếu màn hình. Đề nghị dùng máy tính.',
    cancelled: 'Chưa chọn nội dung trình chiếu. Bấm “Trình chiếu” và chọn màn hình hoặc cửa sổ.',
    unknown: 'Không bắt đầu được trình chiếu. Đề nghị thử lại hoặc liên hệ cán bộ kỹ thuật.',
  },
};
