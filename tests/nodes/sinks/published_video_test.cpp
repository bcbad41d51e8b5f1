#include "nodes/sinks/published_video.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/tools/log_lines.h"

namespace actionflow {
namespace {

TEST(PublishedVideo, LinesNameTheStreamWhateverOfItsAddressIsMasked) {
  const testing::LogLines log;
  PublishedVideo video("rtsp://127.0.0.1:1/{stream}", "yard 😀", Clock::system());
  VideoWriterOptions form;
  form.width = form.height = 16;
  const std::vector<std::uint8_t> pixels(16 * 16 * 3);
  video.write(form, pixels.data(), 0);
  EXPECT_THAT(log.lines(), ::testing::ElementsAre(::testing::StartsWith("yard 😀: rtsp://127.0.0.1:1/")));
}

}  // namespace
}  // namespace actionflow
