#include "datasets/recordings/prepare_fingerprint.h"

#include <memory>
#include <new>

#include "datasets/pictures/prepare.h"
#include "datasets/recordings/source_fingerprint.h"
#include "datasets/video/ffmpeg.h"

namespace actionflow {

namespace {

constexpr int kWidth = 320;
constexpr int kHeight = 240;

// Slopes, edges and grain in all three components of the format that nearly every video has.
Frame test_picture() {
  UniqueFrame picture(av_frame_alloc());
  if (!picture) throw std::bad_alloc();
  picture->format = AV_PIX_FMT_YUV420P;
  picture->width = kWidth;
  picture->height = kHeight;
  if (av_frame_get_buffer(picture.get(), 0) < 0) throw std::bad_alloc();
  for (int plane = 0; plane < 3; ++plane) {
    const int width = plane == 0 ? kWidth : kWidth / 2;
    const int height = plane == 0 ? kHeight : kHeight / 2;
    for (int y = 0; y < height; ++y) {
      std::uint8_t* row = picture->data[plane] + static_cast<std::ptrdiff_t>(y) * picture->linesize[plane];
      for (int x = 0; x < width; ++x)
        row[x] = static_cast<std::uint8_t>(
            16 + (x * (3 + plane) + y * 5 + (x * y) / 7 + (x / 16 + y / 16) % 2 * 60) % 220);
    }
  }
  AVFrame* released = picture.release();
  return Frame(std::shared_ptr<const AVFrame>(released, [](AVFrame* p) { av_frame_free(&p); }), 0, {});
}

}  // namespace

std::uint64_t prepare_fingerprint(const FrameForm& form) {
  Preparer preparer(form.input());
  const PreparedFramePtr prepared = preparer.prepare(test_picture());
  return checksum(prepared->data(), prepared->size());
}

}  // namespace actionflow
